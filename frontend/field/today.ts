// Today in order: the weather, the stand-up, the round of now, the visits, the tasks.
import { copyOf, part, say } from "./dom";
import { daysTo } from "./due";
import type { Notice, Weather } from "./held";
import { isOpen, walkNote, walks, walkTitle } from "./screens/round";
import { meetings } from "./screens/standup";
import { openTasks } from "./screens/tasks";
import { doors } from "./screens/visit";
import { items } from "./working_set";
import { word } from "./words";

const TONES: Record<Weather["level"], string> = { blue: "blue", yellow: "amber", orange: "amber", red: "red" };

async function weather(root: HTMLElement): Promise<boolean> {
  const found = (await items<Notice>("notices")).filter((one): one is Weather => one.kind === "weather");
  part(root, "[data-weather]").replaceChildren(
    ...found.map((one) => {
      const made = copyOf("p-weather");
      made.classList.add(`wg-notice--${TONES[one.level]}`);
      say(made, "[data-text]", `${word("weather", { what: one.trigger_name, level: one.level_name })} ${one.words}`);
      return made;
    }),
  );
  return found.length > 0;
}

async function standUp(root: HTMLElement): Promise<boolean> {
  const found = await meetings();
  const next = found.find(({ held }) => !held);
  const lines = next?.row.items.length ?? 0;
  part(root, "[data-standup]").hidden = found.length === 0;
  say(root, "[data-standup-text]", next ? word("standup-lines", { n: lines }) : word("standup-held"));
  return found.length > 0;
}

async function rounds(root: HTMLElement): Promise<boolean> {
  const found = await walks();
  const now = found.filter((walk) => walk.state === "due" && isOpen(walk));
  const [first] = now;
  part(root, "[data-round]").hidden = !first;
  part(root, "[data-later]").hidden = Boolean(first) || found.length === 0;
  if (first) {
    const begun = first.points.some(({ state }) => state !== "due");
    say(root, "[data-round-title]", walkTitle(first));
    say(root, "[data-round-note]", walkNote(first));
    say(root, "[data-round-text]", word(begun ? "round-go-on" : "round-begin"));
    part<HTMLAnchorElement>(root, "[data-round-open]").href = `#/round/${first.round.id}`;
    say(root, "[data-rounds]", now.length > 1 ? word("round-more", { n: now.length - 1 }) : "");
  }
  const waits = found.filter((walk) => walk.state === "due" && daysTo(walk.round.day) === 0).length;
  say(root, "[data-later-text]", waits > 0 ? word("round-waits", { n: waits }) : word("round-none-left"));
  return found.length > 0;
}

async function visits(root: HTMLElement): Promise<boolean> {
  const found = await doors(7);
  const due = found.filter(({ visit }) => daysTo(visit.due_on) <= 0);
  const late = due.filter(({ visit }) => daysTo(visit.due_on) < 0).length;
  part(root, "[data-visits]").hidden = found.length === 0;
  part<HTMLAnchorElement>(root, "[data-visits]").href = due.length > 0 ? "#/visits" : "#/visits?span=week";
  say(root, "[data-visits-text]", due.length === 0 ? word("visits-week", { n: found.length }) : late > 0 ? word("visits-late", { n: due.length, late }) : word("visits-due", { n: due.length }));
  return found.length > 0;
}

async function tasks(root: HTMLElement): Promise<boolean> {
  const found = await openTasks();
  part(root, "[data-tasks]").hidden = found.length === 0;
  const title = found[0]?.task.title ?? "";
  say(root, "[data-tasks-text]", found.length > 1 ? word("tasks-more", { title, n: found.length }) : title);
  return found.length > 0;
}

/** Draws what today asks for into 首页. */
export async function drawToday(root: HTMLElement): Promise<void> {
  const shown = await Promise.all([weather(root), standUp(root), rounds(root), visits(root), tasks(root)]);
  part(root, "[data-today]").hidden = !shown.some(Boolean);
}
