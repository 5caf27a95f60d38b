// 早碰头: the list that the system made for the morning; what is decided becomes tasks.
import { copyOf, part, say } from "../dom";
import { clockTime, dueAt, shortDay, today } from "../due";
import { guess, type Matter } from "../guess";
import type { Grid, Line, Notice, StandUp } from "../held";
import type { Screen } from "../screens";
import { toast } from "../toast";
import { act, following, refusal, standing, underway } from "../underway";
import { items } from "../working_set";
import { word, wordOr } from "../words";
import { draftOf, Writing } from "../writing";

const MOST = 30; // decisions of one stand-up
const SECTIONS = ["weather", "case_overdue", "case_today", "case_new", "visits_due", "campaign", "task_open", "round_missed", "office_hour"];
const CASES = new Set(["case_overdue", "case_today", "case_new"]);

interface Decision {
  title: string;
  matter: string;
  grid: number;
  due_on: string;
}

export interface Meeting {
  row: StandUp;
  place: string;
  /** Held already, at the server or as this phone has said. */
  held: boolean;
  unsent: boolean;
  refused: string;
  /** What was decided in the record that came back. */
  returned: Decision[];
}

/** Today's stand-ups of this person's places, the community's first. */
export async function meetings(): Promise<Meeting[]> {
  const [notices, grids, doing] = await Promise.all([items<Notice>("notices"), items<Grid>("areas"), underway()]);
  const rows = notices.filter((one): one is StandUp => one.kind === "standup" && one.day === today());
  const name = (area: number): string => grids.find(({ id }) => id === area)?.name ?? grids.find(({ community }) => community === area)?.community_name ?? "";
  const isGrid = (row: StandUp): number => Number(grids.some(({ id }) => id === row.area));
  return rows
    .sort((a, b) => isGrid(a) - isGrid(b) || a.area - b.area)
    .map((row) => {
      const mine = doing.filter((one) => one.kind === "standup.hold" && one.data["area"] === row.area && one.data["day"] === row.day);
      const said = standing(mine, "standup.hold");
      const back = said.length > 0 ? undefined : mine.at(-1);
      return {
        row,
        place: name(row.area),
        held: row.held_at !== null || said.length > 0,
        unsent: said.some(({ state }) => state === "waiting"),
        refused: refusal(back),
        returned: (back?.data["decisions"] as Decision[] | undefined) ?? [],
      };
    });
}

function lineNote(line: Line): string {
  if (line.kind === "visits_due") return word("standup-doors", { n: line.count ?? 0 });
  if (!line.due) return "";
  if (line.kind === "office_hour") return clockTime(line.due);
  return line.due.length === 10 ? shortDay(line.due) : (dueAt(line.due)?.text ?? "");
}

function groups(lines: Line[], known: Set<string>): HTMLElement[] {
  return SECTIONS.filter((section) => lines.some(({ kind }) => kind === section)).map((section) => {
    const mine = lines.filter(({ kind }) => kind === section);
    const made = copyOf("p-visit-group");
    say(made, "[data-title]", word("standup-group", { name: word(`standup-${section}`), n: mine.length }));
    part(made, "[data-list]").replaceChildren(
      ...mine.map((line) => {
        const row = copyOf("p-standup-line");
        say(row, "[data-title]", section === "round_missed" ? `${line.label} · ${wordOr(`round-${line.subject}`, "standup-round_missed")}` : line.label);
        say(row, "[data-note]", lineNote(line));
        const open = part<HTMLAnchorElement>(row, "[data-open]");
        if (CASES.has(section) && known.has(line.subject)) {
          open.hidden = false;
          open.href = `#/case/${line.subject}`;
          open.setAttribute("aria-label", word("standup-open", { number: line.label }));
        }
        return row;
      }),
    );
    return made;
  });
}

let ends: (() => void | Promise<void>)[] = [];

/** What was decided at one place and is not recorded yet; left over from another day it is put to today. */
interface Deciding {
  decisions: Decision[];
  writing: Writing;
}

export const standup: Screen = {
  name: "standup",
  template: "s-standup",
  async open(root, [chosen = ""]) {
    let area = Number(chosen) || 0;
    const [grids, matters, cases] = await Promise.all([items<Grid>("areas"), items<Matter>("matters"), items<{ id: string }>("cases")]);
    const known = new Set(cases.map(({ id }) => id));
    const form = part<HTMLFormElement>(root, "[data-form]");
    const search = part<HTMLInputElement>(form, "#decision-matter");
    const due = part<HTMLInputElement>(form, "#decision-due");
    due.value = due.min = today();
    let meeting: Meeting | undefined;
    let drawn = "";
    const deciding = new Map<number, Deciding>();

    const begin = async ({ row, place, returned }: Meeting): Promise<void> => {
      const [screen, name] = [`standup/${row.area}`, word("standup-title", { place })];
      const kept = deciding.has(row.area) ? undefined : await draftOf(screen);
      if (deciding.has(row.area)) return;
      const decisions: Decision[] = [];
      const writing = new Writing(() => (decisions.length > 0 ? { screen, title: name, data: { decisions }, photos: [] } : null));
      deciding.set(row.area, { decisions, writing });
      ends.push(() => writing.close());
      if (kept) writing.resume(kept);
      const known = (kept?.data as { decisions: Decision[] } | undefined)?.decisions ?? returned;
      for (const one of known) decisions.push({ ...one, due_on: one.due_on < today() ? today() : one.due_on });
    };
    const mine = (): Deciding => deciding.get(area)!;
    const showDecisions = (): void => {
      const { decisions, writing } = mine();
      part(root, "[data-decisions]").replaceChildren(
        ...decisions.map((one, i) => {
          const made = copyOf("p-decision");
          say(made, "[data-title]", one.title);
          say(made, "[data-note]", [matters.find(({ id }) => id === one.matter)?.name, grids.find(({ id }) => id === one.grid)?.name, shortDay(one.due_on)].filter(Boolean).join(" · "));
          const drop = part(made, "[data-drop]");
          drop.setAttribute("aria-label", word("standup-drop", { title: one.title }));
          drop.addEventListener("click", () => {
            decisions.splice(i, 1);
            writing.touch();
            showDecisions();
          });
          return made;
        }),
      );
    };
    const showMatters = (): void => {
      const text = search.value.trim();
      const found = text ? guess(text, matters).map(({ matter }) => matter) : [];
      for (const matter of matters) if (found.length < 6 && text && matter.name.includes(text) && !found.includes(matter)) found.push(matter);
      part(form, "[data-matters]").replaceChildren(
        ...found.map((matter, i) => {
          const made = copyOf("p-decision-matter");
          const input = part<HTMLInputElement>(made, "input");
          input.value = matter.id;
          input.checked = i === 0;
          say(made, "[data-name]", matter.name);
          return made;
        }),
      );
    };
    search.addEventListener("input", showMatters);
    part<HTMLInputElement>(form, "#decision-title").addEventListener("change", (event) => {
      if (search.value) return;
      const [best] = guess((event.target as HTMLInputElement).value, matters);
      if (!best) return;
      search.value = best.matter.name;
      showMatters();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const title = part<HTMLInputElement>(form, "#decision-title").value.trim();
      const matter = String(new FormData(form).get("decision-matter") ?? "");
      const grid = Number(part<HTMLSelectElement>(form, "#decision-grid").value);
      const lacking = !title ? "standup-say-what" : !matter ? "standup-say-matter" : !grid || !due.value ? "standup-say-when" : "";
      say(form, "[data-said]", lacking && word(lacking));
      if (lacking || !meeting) return;
      const { decisions, writing } = mine();
      if (decisions.length >= MOST) {
        say(form, "[data-said]", word("standup-most"));
        return;
      }
      decisions.push({ title, matter, grid, due_on: due.value });
      writing.touch();
      form.reset();
      due.value = today();
      showMatters();
      showDecisions();
      part<HTMLDetailsElement>(root, "[data-new]").open = false;
    });
    part(root, "[data-hold]").addEventListener("click", () => {
      if (!meeting) return;
      const { row, place } = meeting;
      const { decisions, writing } = mine();
      const data = { area: row.area, day: row.day, decisions: decisions.map((one) => ({ ...one })) };
      void writing.become(() => act({ id: writing.id, kind: "standup.hold", data, title: word("standup-title", { place }) })).then((done) => {
        if (!done) return;
        deciding.delete(row.area); // should it come back, it is begun anew
        toast(word("standup-recorded"), "success");
      });
    });

    const draw = async (): Promise<void> => {
      const found = await meetings();
      meeting = found.find(({ row }) => row.area === area) ?? found[0];
      part(root, "[data-empty]").hidden = meeting !== undefined;
      part(root, "[data-bottom]").hidden = !meeting || meeting.held;
      part(root, "[data-deciding]").hidden = !meeting || meeting.held;
      part(root, "[data-held]").hidden = !meeting?.held;
      part(root, "[data-areas]").hidden = found.length < 2;
      if (!meeting) return;
      area = meeting.row.area;
      if (!meeting.held) await begin(meeting);
      say(root, "[data-facts]", [meeting.place, shortDay(meeting.row.day)].filter(Boolean).join(" · "));
      say(root, "[data-held-text]", meeting.held ? [word("standup-held"), meeting.unsent ? word("unsent-long") : ""].filter(Boolean).join(" ") : "");
      say(root, "[data-refused]", meeting.refused);
      const now = JSON.stringify([meeting.row, meeting.refused, found.map(({ row }) => row.area)]);
      if (now === drawn) return;
      drawn = now;
      part(root, "[data-groups]").replaceChildren(...groups(meeting.row.items, known));
      const under = grids.filter(({ id, community }) => id === area || community === area);
      part(form, "#decision-grid").replaceChildren(...under.map(({ id, name }) => new Option(name, String(id))));
      if (!meeting.held) showDecisions();
      part(root, "[data-areas]").replaceChildren(
        ...found.map(({ row, place }) => {
          const button = document.createElement("button");
          button.type = "button";
          button.setAttribute("aria-pressed", String(row.area === area));
          button.textContent = place;
          button.addEventListener("click", () => {
            area = row.area;
            void draw();
          });
          return button;
        }),
      );
    };
    await draw();
    ends.push(following(["notices", "areas"], draw));
  },
  async close() {
    for (const end of ends.splice(0)) await end();
  },
};
