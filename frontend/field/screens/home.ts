// 首页: the big button, today in order, 找人, the four boxes, and what must be known now.
import { counts, watch, type Counts } from "../counts";
import { note, say } from "../dom";
import type { Screen } from "../screens";
import { current, leftByOthers } from "../store";
import { freshness, items, onChange } from "../working_set";
import { showCounts } from "../strip";
import { drawToday } from "../today";
import { following } from "../underway";
import { when, word } from "../words";

export interface Me {
  id: string;
  name: string;
  posts: { role_name: string; area_name: string; standing_in: boolean; last_day: string | null }[];
  may: string[];
}

const TURN = 60_000; // ms: a round begins, a visit becomes late without any news

let ends: (() => void)[] = [];

/** What the server says of this person; undefined before the first working set. */
export async function me(): Promise<Me | undefined> {
  return (await items<Me>("me"))[0];
}

/** Hides what this person has no right to; before that is known, what needs a right stays as the template has it. */
export function showRights(root: ParentNode, may: string[]): void {
  for (const one of root.querySelectorAll<HTMLElement>("[data-may]")) one.hidden = !may.includes(one.dataset["may"]!);
}

/** Notes for the top of 首页 and 我的. */
export async function notes(found: Counts): Promise<HTMLElement[]> {
  const texts: string[] = [];
  if (found.login) texts.push(word("login-again", { n: found.waiting + found.drafts }));
  if (found.room !== "ok") texts.push(word(found.room === "full" ? "room-full" : "room-warn"));
  const others = await leftByOthers(current().userId);
  if (others > 0) texts.push(word("others-left", { n: others }));
  return texts.map(note);
}

export async function freshText(): Promise<string> {
  const { at } = await freshness();
  return at ? word("set-at", { when: when(at) }) : word("set-none");
}

export const home: Screen = {
  name: "home",
  template: "s-home",
  async open(root) {
    const draw = async (): Promise<void> => {
      const who = await me();
      say(root, "[data-hello]", who ? word("hello", { name: who.name }) : "");
      if (who) showRights(root, who.may);
      say(root, "[data-fresh]", await freshText());
    };
    let told = "";
    ends = [
      onChange("me", () => void draw()),
      watch((found) => {
        const key = [found.login, found.room, found.login && found.waiting + found.drafts].join();
        if (key === told) return;
        told = key;
        void notes(found).then((made) => root.querySelector("[data-notes]")?.replaceChildren(...made));
      }),
    ];
    await Promise.all([draw(), drawToday(root)]);
    ends.push(following(["rounds", "checkpoints", "areas", "visits", "tasks", "notices"], () => drawToday(root)));
    const turning = setInterval(() => void drawToday(root), TURN);
    ends.push(() => clearInterval(turning));
    showCounts(await counts());
  },
  close() {
    for (const end of ends) end();
    ends = [];
  },
};
