// 日双巡: the rounds of today, and one round point by point: a scanned tag, a tap on the spot, or a reason.
import { copyOf, part, say } from "../dom";
import { clockTime, daysTo, shortDay, showDue, type DueWords } from "../due";
import type { Grid, Point, Round } from "../held";
import { sha256 } from "../../shared/sha256";
import { serverNow } from "../clock";
import { metres, position } from "../place";
import { scan, tagOf } from "../scanner";
import { go, setTitle, type Screen } from "../screens";
import { toast } from "../toast";
import { act, following, refusal, standing, underway } from "../underway";
import { inOrder, isNear } from "../walk";
import { item, items, refresh } from "../working_set";
import { word } from "../words";

const WHYS = ["indoors", "by_phone", "locked", "unsafe", "gone", "other"] as const;
const LOOKED = new Set<string>(["indoors", "by_phone"]); // with these a point counts as seen
const LATE_MS = 3 * 86_400_000; // so long after its window what was held back still counts
const EARLY_MS = 3_600_000;

type PointState = "due" | "seen" | "not_possible";

export interface Walk {
  round: Round;
  grid: string;
  state: Round["state"];
  nothingFound: boolean;
  /** Something was reported from it, as far as this window knows. */
  found: boolean;
  points: { point: Point; state: PointState; unsent: boolean; refused: string }[];
  /** Something of it is not at the server yet. */
  unsent: boolean;
  refused: string;
}

function isOf({ grid, day, kind }: Record<string, unknown>, round: Round): boolean {
  return grid === round.grid && day === round.day && kind === round.kind;
}

/** A round as it is with what this phone has done. */
export async function walkOf(round: Round): Promise<Walk> {
  const [points, grids, doing] = await Promise.all([items<Point>("checkpoints"), items<Grid>("areas"), underway()]);
  const mine = doing.filter((one) => one.kind.startsWith("patrol.") && isOf(one.data, round));
  const reports = standing(doing, "report.make").map(({ data }) => data["round"] as Record<string, unknown> | null | undefined);
  const seen = mine.filter((one) => one.kind === "patrol.point");
  const due = new Map(round.points.map((one) => [one.checkpoint, one.state as PointState]));
  for (const one of standing(seen, "patrol.point")) {
    const id = String(one.data["checkpoint"]);
    const reason = one.data["proof"] === "reason" && !LOOKED.has(String(one.data["why"]));
    if (due.get(id) !== "seen") due.set(id, reason ? "not_possible" : "seen");
  }
  const finished = standing(mine, "patrol.finish").at(-1);
  const found = inOrder(points.filter((point) => due.has(point.id))).map((point) => ({
    point,
    state: due.get(point.id)!,
    unsent: seen.some((one) => one.data["checkpoint"] === point.id && one.state === "waiting"),
    refused: due.get(point.id) === "due" ? refusal(seen.filter((one) => one.data["checkpoint"] === point.id).at(-1)) : "",
  }));
  return {
    round,
    grid: grids.find(({ id }) => id === round.grid)?.name ?? "",
    state: finished ? "done" : round.state,
    nothingFound: finished ? finished.data["nothing_found"] === true : round.nothing_found,
    found: reports.some((said) => said && isOf(said, round)),
    points: found,
    unsent: mine.some((one) => one.state === "waiting"),
    refused: finished ? "" : refusal(mine.filter((one) => one.kind === "patrol.finish").at(-1)),
  };
}

/** Whether somebody may walk it now, or still add to it. */
export function isOpen({ round }: Walk): boolean {
  const now = serverNow();
  return now >= Date.parse(round.opens_at) - EARLY_MS && now <= Date.parse(round.closes_at) + LATE_MS;
}

/** Every round that the phone knows: what is to be walked now first, then by time. */
export async function walks(): Promise<Walk[]> {
  const found = await Promise.all((await items<Round>("rounds")).map(walkOf));
  const rank = (walk: Walk): number => (walk.state !== "due" ? 2 : isOpen(walk) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b) || (a.round.opens_at < b.round.opens_at ? -1 : 1) || a.round.grid - b.round.grid);
}

export function walkTitle({ round, grid }: Walk): string {
  return [round.kind_name, grid].filter(Boolean).join(" · ");
}

/** "08:30–11:30, 12 个点位, 已看3个" */
export function walkNote({ round, points }: Walk): string {
  const day = daysTo(round.day) === 0 ? "" : `${shortDay(round.day)} `;
  const says = [`${day}${clockTime(round.opens_at)}–${clockTime(round.closes_at)}`];
  if (points.length > 0) says.push(word("round-points", { n: points.length, done: points.filter(({ state }) => state !== "due").length }));
  return says.join(" · ");
}

export function walkDue(walk: Walk): DueWords {
  if (walk.state === "done") return { text: word(walk.nothingFound ? "round-done-nothing" : "round-done"), tone: "quiet" };
  if (walk.state === "exempt") return { text: word("round-exempt"), tone: "quiet" };
  if (walk.state === "missed" || serverNow() > Date.parse(walk.round.closes_at)) return { text: word("round-missed"), tone: "amber" };
  return isOpen(walk) ? { text: word("round-now"), tone: "amber" } : { text: word("round-later"), tone: "quiet" };
}

export function walkRow(walk: Walk): HTMLElement {
  const made = copyOf("p-round");
  part<HTMLAnchorElement>(made, "[data-open]").href = `#/round/${walk.round.id}`;
  say(made, "[data-title]", walkTitle(walk));
  say(made, "[data-note]", walkNote(walk));
  showDue(part(made, "[data-due]"), walkDue(walk));
  say(made, "[data-unsent]", walk.unsent ? word("unsent") : "");
  return made;
}

let end: (() => void) | null = null;
function close(): void {
  end?.();
  end = null;
}

const list: Screen = {
  name: "rounds",
  template: "s-rounds",
  open(root) {
    end = following(["rounds", "checkpoints", "areas"], async () => {
      const found = await walks();
      part(root, "[data-list]").replaceChildren(...found.map(walkRow));
      part(root, "[data-empty]").hidden = found.length > 0;
    });
  },
  close,
};

/** The commands of one round. */
class OnRound {
  constructor(
    private readonly root: HTMLElement,
    private walk: Walk,
  ) {}

  now(walk: Walk): void {
    this.walk = walk;
  }

  private get ref(): { grid: number; day: string; kind: string } {
    const { grid, day, kind } = this.walk.round;
    return { grid, day, kind };
  }

  async near(point: Point, button: HTMLButtonElement, tell: (text: string) => void): Promise<void> {
    button.disabled = true;
    tell(word("near-asking"));
    const at = await position(); // asked for at the tap, never watched
    button.disabled = false;
    if (typeof at === "string") tell(word(at === "denied" ? "near-denied" : "near-none"));
    else if (isNear(at, point)) await this.see(point, { proof: "near", ...at });
    else tell(word("near-far", { m: Math.round(metres(at, point) / 10) * 10, unsure: at.accuracy }));
  }

  async scan(): Promise<void> {
    const text = await scan();
    if (text) await this.scanned(tagOf(text).toUpperCase());
  }

  async scanned(tag: string): Promise<void> {
    const point = await pointOf(tag);
    if (point?.grid !== this.walk.round.grid) {
      toast(word("tag-unknown"), "error");
      return;
    }
    if (await this.see(point, { proof: "scan", tag })) toast(word("tag-seen", { name: point.name }), "success");
  }

  async see(point: Point, proven: object): Promise<boolean> {
    return act({ kind: "patrol.point", data: { ...this.ref, checkpoint: point.id, ...proven }, title: `${walkTitle(this.walk)} · ${point.name}` });
  }

  async finish(why?: string): Promise<void> {
    const open = this.walk.points.filter(({ state }) => state === "due").length;
    if (open > 0 && !why) {
      const rest = part(this.root, "[data-rest]");
      rest.hidden = false;
      say(rest, "[data-rest-text]", word("round-rest", { n: open }));
      part(rest, "[data-rest-text]").focus();
      rest.scrollIntoView({ block: "center" });
      return;
    }
    const data = { ...this.ref, nothing_found: !this.walk.found, ...(why && { why }) };
    if (await act({ kind: "patrol.finish", data, title: `${walkTitle(this.walk)} · ${word(this.walk.found ? "round-done" : "round-done-nothing")}` })) toast(word("round-ended"), "success");
  }
}

async function pointOf(tag: string): Promise<Point | undefined> {
  const print = (await sha256(new TextEncoder().encode(tag).buffer)).slice(0, 16);
  return (await items<Point>("checkpoints")).find((one) => one.tag === print);
}

function whys(done: (why: string) => void): HTMLElement[] {
  return WHYS.map((why) => {
    const made = copyOf("p-why");
    made.textContent = word(`why-${why}`);
    made.addEventListener("click", () => done(why));
    return made;
  });
}

function pointRow(on: OnRound, { round }: Walk, { point, state, unsent, refused }: Walk["points"][number]): HTMLElement {
  const made = copyOf("p-point");
  const { id, name, kind_name: kind, look_for: look, risk } = point;
  made.dataset["id"] = id;
  made.dataset["state"] = state;
  say(made, "[data-title]", name);
  say(made, "[data-note]", [kind, risk === 3 ? word("risk-high") : ""].filter(Boolean).join(" · "));
  say(made, "[data-look]", look);
  say(made, "[data-said]", refused);
  say(made, "[data-state]", [word(`point-${state}`), unsent ? word("unsent") : ""].filter(Boolean).join(" · "));
  part(made, "[data-state]").hidden = state === "due";
  part(made, "[data-state]").classList.add(state === "seen" ? "wg-badge--green" : "wg-badge--quiet");
  const near = part<HTMLButtonElement>(made, "[data-near]");
  near.hidden = state === "seen";
  near.addEventListener("click", () => void on.near(point, near, (text) => say(made, "[data-said]", text)));
  const where = new URLSearchParams({ grid: String(round.grid), day: round.day, kind: round.kind, checkpoint: id });
  part<HTMLAnchorElement>(made, "[data-found]").href = `#/report?${where.toString()}`;
  part(made, ".f-whys__label").hidden = state !== "due";
  if (state === "due") part(made, "[data-whys]").replaceChildren(...whys((why) => void on.see(point, { proof: "reason", why })));
  return made;
}

const one: Screen = {
  name: "round",
  template: "s-round",
  async open(root, [id = ""]) {
    const round = await item<Round>("rounds", id);
    if (!round) {
      setTitle(word("round-none"));
      say(root, "[data-facts]", word("round-none-text"));
      for (const hidden of ["[data-progress]", ".wg-phone__bottom"]) part(root, hidden).hidden = true;
      return;
    }
    let walk = await walkOf(round);
    const on = new OnRound(root, walk);
    let drawn = "";
    let chosen = "";
    const draw = async (): Promise<void> => {
      walk = await walkOf((await item<Round>("rounds", id)) ?? round);
      on.now(walk);
      setTitle(walk.round.kind_name);
      const left = walk.points.filter(({ state }) => state === "due");
      const over = walk.state === "done";
      say(root, "[data-facts]", [walk.grid, walkNote(walk)].filter(Boolean).join(" · "));
      const progress = part<HTMLProgressElement>(root, "[data-progress]");
      progress.max = Math.max(1, walk.points.length);
      progress.value = walk.points.length - left.length;
      part(root, "[data-over]").hidden = !over;
      say(root, "[data-over-text]", [walkDue(walk).text, walk.unsent ? word("unsent-long") : ""].filter(Boolean).join(" · "));
      say(root, "[data-finish-text]", word(walk.found ? "round-finish" : "round-finish-nothing"));
      say(root, "[data-refused]", walk.refused);
      part(root, ".wg-phone__bottom").hidden = over || !isOpen(walk);
      if (left.length === 0) part(root, "[data-rest]").hidden = true;
      const now = JSON.stringify(walk.points.map(({ point, state, unsent, refused }) => [point.id, state, unsent, refused]));
      if (now === drawn) return;
      drawn = now;
      const rows = walk.points.map((point) => pointRow(on, walk, point));
      const next = rows.find((row) => row.dataset["id"] === chosen && row.dataset["state"] === "due") ?? rows.find((row) => row.dataset["state"] === "due");
      if (next && !over) part<HTMLDetailsElement>(next, "details").open = true;
      part(root, "[data-points]").replaceChildren(...rows);
    };
    part(root, "[data-points]").addEventListener(
      "toggle",
      (event) => {
        const details = event.target as HTMLDetailsElement;
        if (details.open) chosen = details.closest<HTMLElement>("[data-id]")?.dataset["id"] ?? "";
      },
      { capture: true },
    );
    part(root, "[data-rest] [data-whys]").replaceChildren(...whys((why) => void on.finish(why)));
    part(root, "[data-finish]").addEventListener("click", () => void on.finish());
    part(root, "[data-scan]").addEventListener("click", () => void on.scan());
    await draw();
    end = following(["rounds", "checkpoints"], draw);
  },
  close,
};

/** The address on a label, opened by the phone's own camera: its point is seen, and its round opens. */
const label: Screen = {
  name: "t",
  template: "s-rounds",
  async open(root, [text = ""]) {
    const tag = tagOf(text).toUpperCase();
    if (!(await pointOf(tag))) await refresh();
    const point = await pointOf(tag);
    const walk = (await walks()).find((each) => isOpen(each) && each.points.some((one) => one.point.id === point?.id));
    if (walk) {
      const due = walk.points.some((each) => each.point.id === point?.id && each.state !== "seen");
      if (due) await new OnRound(root, walk).scanned(tag);
      go(`round/${walk.round.id}`, { replace: true });
      return;
    }
    toast(word(point ? "tag-no-round" : "tag-unknown"), "error");
    go("rounds", { replace: true });
  },
};

export const rounds: Screen[] = [list, one, label];
