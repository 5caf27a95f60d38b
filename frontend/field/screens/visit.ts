// 走访: the doors that are due, building by building, and one visit. Of people the phone knows nothing.
import { copyOf, part, say, setIcon } from "../dom";
import { daysTo, dueOn, showDue } from "../due";
import type { Building, Compound, Visit } from "../held";
import { go, setTitle, type Screen } from "../screens";
import { toast } from "../toast";
import { act, following, refusal, standing, underway, type Underway } from "../underway";
import { inOrder } from "../walk";
import { item, items } from "../working_set";
import { word } from "../words";
import { draftOf, Writing } from "../writing";

const TASKS = ["information", "mediation", "hazard", "security", "population", "legal", "counselling", "convenience"] as const;
const SPANS: Record<string, number> = { now: 0, week: 7, all: Number.MAX_SAFE_INTEGER };

/** What a draft of a visit holds: the form as it stood. */
interface Kept {
  fields: [string, string][];
}

export interface Door {
  visit: Visit;
  refused: string;
}

interface Group {
  title: string;
  doors: Door[];
}

function ofDue(all: Underway[], id: string): Underway[] {
  return all.filter((one) => one.data["due"] === id);
}

/** The doors still to be visited within so many days, those that are late too; what was recorded here is left out. */
export async function doors(days: number): Promise<Door[]> {
  const [visits, doing] = await Promise.all([items<Visit>("visits"), underway()]);
  const made = new Set(standing(doing, "visit.make").map((one) => one.data["due"]));
  const open = visits.filter((visit) => !made.has(visit.id) && daysTo(visit.due_on) <= days);
  return open.map((visit) => ({ visit, refused: refusal(ofDue(doing, visit.id).find((one) => one.kind === "visit.make")) }));
}

async function placeNames(): Promise<(visit: Visit) => string> {
  const [buildings, compounds] = await Promise.all([items<Building>("buildings"), items<Compound>("compounds")]);
  const [built, around] = [new Map(buildings.map((one) => [one.id, one])), new Map(compounds.map((one) => [one.id, one.name]))];
  return ({ building }) => {
    const found = building === null ? undefined : built.get(building);
    return found ? `${(found.compound !== null && around.get(found.compound)) || ""}${found.name}` : "";
  };
}

/** By building in walking order; within one from the top floor down, as one walks it. */
async function groups(days: number): Promise<Group[]> {
  const [found, buildings, nameOf] = await Promise.all([doors(days), items<Building>("buildings"), placeNames()]);
  const by = new Map<number | null, Door[]>();
  for (const door of found) by.set(door.visit.building, [...(by.get(door.visit.building) ?? []), door]);
  const order = inOrder(buildings.filter(({ id }) => by.has(id))).map(({ id }): number | null => id);
  const rest = [...by.keys()].filter((id) => !order.includes(id));
  return [...order, ...rest].map((id) => {
    const mine = by.get(id)!;
    mine.sort((a, b) => (b.visit.floor ?? 0) - (a.visit.floor ?? 0) || (a.visit.door < b.visit.door ? -1 : 1));
    return { title: nameOf(mine[0]!.visit) || word("visit-elsewhere"), doors: mine };
  });
}

function doorRow({ visit, refused }: Door): HTMLElement {
  const made = copyOf("p-visit");
  part<HTMLAnchorElement>(made, "[data-open]").href = `#/visit/${visit.id}`;
  if (visit.object === "firm") setIcon(made, "building-store");
  say(made, "[data-title]", visit.door || word("visit-elsewhere"));
  say(made, "[data-note]", [visit.object === "firm" ? word("visit-firm") : "", visit.campaign, visit.linked ? word("visit-linked") : ""].filter(Boolean).join(" · "));
  showDue(part(made, "[data-due]"), dueOn(visit.due_on));
  say(made, "[data-refused]", refused);
  return made;
}

let ends: (() => void | Promise<void>)[] = [];
async function close(): Promise<void> {
  for (const end of ends.splice(0)) await end();
}

const list: Screen = {
  name: "visits",
  template: "s-visits",
  async open(root, _params, query) {
    let span = query.get("span") ?? "now";
    const draw = async (): Promise<void> => {
      const found = await groups(SPANS[span] ?? 0);
      part(root, "[data-groups]").replaceChildren(
        ...found.map((group) => {
          const made = copyOf("p-visit-group");
          say(made, "[data-title]", word("visit-group", { name: group.title, n: group.doors.length }));
          part(made, "[data-list]").replaceChildren(...group.doors.map(doorRow));
          return made;
        }),
      );
      part(root, "[data-empty]").hidden = found.length > 0;
      for (const one of root.querySelectorAll<HTMLElement>("[data-span]")) one.setAttribute("aria-pressed", String(one.dataset["span"] === span));
    };
    for (const one of root.querySelectorAll<HTMLElement>("[data-span]")) {
      one.addEventListener("click", () => {
        span = one.dataset["span"]!;
        void draw();
      });
    }
    await draw();
    ends.push(following(["visits", "buildings", "compounds"], draw));
  },
  close,
};

const one: Screen = {
  name: "visit",
  template: "s-visit",
  async open(root, [id = ""]) {
    const visit = await item<Visit>("visits", id);
    if (!visit) {
      go("visits", { replace: true });
      toast(word("visit-none"));
      return;
    }
    const place = (await placeNames())(visit);
    const title = [place, visit.door].filter(Boolean).join(" ") || word("visit-elsewhere");
    const home = visit.object === "home";
    setTitle(visit.door || title);
    say(root, "[data-facts]", [place, visit.campaign, dueOn(visit.due_on).text, home ? "" : word("visit-firm")].filter(Boolean).join(" · "));
    part<HTMLAnchorElement>(root, "[data-why]").href = `/field/doors/${id}/`;
    part(root, "[data-asked]").hidden = !visit.ask;
    say(root, "[data-ask]", visit.ask);
    const form = part<HTMLFormElement>(root, "[data-form]");
    part(form, "[data-tasks]").replaceChildren(
      ...TASKS.map((task) => {
        const made = copyOf("p-visit-task");
        part<HTMLInputElement>(made, "input").value = task;
        say(made, "[data-name]", word(`task-${task}`));
        return made;
      }),
    );
    part(form, "[data-confirms]").hidden = !home;
    const said = (): { result: string; tasks: string[]; counsels: boolean; note: string } => {
      const data = new FormData(form);
      const [result, tasks] = [String(data.get("result") ?? ""), data.getAll("task").map(String)];
      const counsels = result === "met" && tasks.includes("counselling");
      return { result, tasks, counsels, note: counsels ? "" : String(data.get("note") ?? "").trim() };
    };
    const writing = new Writing(() => {
      if (!said().note) return null;
      const fields = [...new FormData(form)].map(([name, value]): [string, string] => [name, String(value)]);
      return { screen: `visit/${id}`, title: `${word("kind-visit.make")} ${title}`, data: { fields } satisfies Kept, photos: [] };
    });
    ends.push(() => writing.close());
    const kept = await draftOf(`visit/${id}`);
    if (kept) {
      writing.resume(kept);
      part<HTMLDetailsElement>(form, ".f-more").open = true; // where the note is
      for (const [name, value] of (kept.data as Kept).fields) {
        for (const field of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(`[name="${name}"]`)) {
          if (field instanceof HTMLTextAreaElement) field.value = value;
          else if (field.value === value) field.checked = true;
        }
      }
    }
    const fit = (): void => {
      const { result, counsels } = said();
      part(form, "[data-met]").hidden = result !== "met";
      part(form, "[data-noting]").hidden = counsels;
      part(form, "[data-no-note]").hidden = !counsels;
      say(form, "[data-means]", result && result !== "met" ? word(`visit-means-${result}`) : "");
      if (result) say(form, "[data-said]", "");
    };
    form.addEventListener("change", fit);
    form.addEventListener("input", () => writing.touch());
    form.addEventListener("submit", (event) => event.preventDefault());
    part(root, "[data-record]").addEventListener("click", () => {
      const { result, tasks, note } = said();
      if (!result) {
        say(form, "[data-said]", word("visit-say"));
        part<HTMLInputElement>(form, "[name=result]").focus();
        return;
      }
      const data = new FormData(form);
      const met = result === "met";
      const made = { due: id, result, way: String(data.get("way") ?? "door"), tasks: met ? tasks : [], confirmed: met && home && data.has("confirmed"), note };
      const command = { id: writing.id, kind: "visit.make", data: made, title: word("visit-title", { door: title, result: word(`visit-${result}`) }) } as const;
      void writing.become(() => act(command)).then((done) => {
        if (!done) return;
        toast(word("visit-recorded"), "success");
        go("visits", { replace: true });
      });
    });
    const refer = part<HTMLButtonElement>(root, "[data-refer]");
    refer.addEventListener("click", () => {
      refer.disabled = true; // a second tap is no second wish
      void act({ kind: "visit.refer", data: { due: id }, title: word("refer-title", { door: title }) }).then((done) => (refer.disabled = done));
    });
    const draw = async (): Promise<void> => {
      const told = ofDue(await underway(), id).filter(({ kind }) => kind === "visit.refer");
      const stands = told.some(({ state }) => state !== "refused");
      refer.hidden = !home || stands;
      say(root, "[data-referred]", stands ? word("referred") : refusal(told.at(-1)));
      if (!stands) refer.disabled = false;
    };
    fit();
    await draw();
    ends.push(following([], draw));
  },
  close,
};

export const visits: Screen[] = [list, one];
