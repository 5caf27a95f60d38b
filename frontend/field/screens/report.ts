// 上报: camera first, then a tap on the matter, then send; the same with and without a connection.
import { watch } from "../counts";
import { copyOf, note, part, say } from "../dom";
import { guess, search, type Matter } from "../guess";
import type { Point, Round } from "../held";
import { AlreadyQueuedError, content, discardRefused, draft, dropDraft, fileOf, lockDraft, queue, QuotaError, saveDraft } from "../outbox";
import { metres, type Area, type Building, type Compound } from "../place";
import { blank, commandOf, heldBy, isEmpty, missing, nearCases, placeOfPoint, wroteOf, type Field, type Wrote } from "../reporting";
import type { CapturedFile } from "../rows";
import { go, type Screen } from "../screens";
import { serverGuess } from "../server_guess";
import { settleRefusal } from "../refusals";
import { Where, type Places } from "../report_place";
import { Voice } from "../report_voice";
import { Shots } from "../shots";
import { current } from "../store";
import { toast } from "../toast";
import { item, items } from "../working_set";
import { word } from "../words";
import { me } from "./home";

interface OpenCase {
  id: string;
  matter: string | null;
  matter_name: string;
  state_name: string;
  text: string;
  lon: number | null;
  lat: number | null;
}

interface Known extends Places {
  name: string;
  may: string[];
  matters: Matter[];
  cases: OpenCase[];
}

const SOON = 400; // ms after the last key
const RECENT = "recent-matters";
const MOST_RECENT = 20;
const AROUND = 300; // m: what was reported there is usual here

let close: (() => Promise<void>) | null = null;

async function known(): Promise<Known> {
  const [who, areas, compounds, buildings, matters, cases] = await Promise.all([
    me(), items<Area>("areas"), items<Compound>("compounds"), items<Building>("buildings"), items<Matter>("matters"), items<OpenCase>("cases"),
  ]);
  return { name: who?.name ?? "", may: who?.may ?? [], areas, compounds, buildings, matters, cases };
}

/** One report being written, from its first tap to the outbox. */
class ReportForm {
  private id: string = crypto.randomUUID();
  private wrote: Wrote = blank();
  private lock: { release(): void } | null = null;
  private saving: Promise<void> = Promise.resolve();
  private saved = false;
  private over = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private recent: string[] = [];
  private learned: string[] = []; // the server's guess
  private looked: Point | undefined; // the checkpoint at which it was found
  private asked = 0;
  private where: Where | null = null;
  private voice: Voice | null = null;
  private rows: { report: Shots; after: Shots } | null = null;
  private ends: (() => void)[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly known: Known,
  ) {}

  private get matter(): Matter | undefined {
    return this.known.matters.find((one) => one.id === this.wrote.matter);
  }

  /** What the checkpoint says of itself, nobody has written. */
  private isEmpty(): boolean {
    const { address } = this.wrote;
    return isEmpty({ ...this.wrote, address: address === this.looked?.name ? "" : address });
  }

  private input<T extends HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement = HTMLInputElement>(id: string): T {
    return part<T>(this.root, `#r-${id}`);
  }

  /** False when another window has this draft open. */
  async begin(query: URLSearchParams): Promise<boolean> {
    const files: CapturedFile[] = [];
    const [held, again] = [query.get("draft"), query.get("again")];
    if (held) {
      this.id = held;
      const found = await draft(held);
      if (found?.screen === "report") {
        this.wrote = { ...blank(), ...(found.data as Partial<Wrote>) };
        this.saved = true;
      }
    } else if (again) {
      const refused = await content(again);
      if (refused) {
        this.wrote = { ...wroteOf(refused.data), again };
        for (const sha of heldBy(this.wrote)) files.push(...[await fileOf(sha)].filter((one) => one !== undefined));
      }
    }
    const [grid, day, kind, checkpoint] = ["grid", "day", "kind", "checkpoint"].map((name) => query.get(name));
    if (grid && day && kind) this.wrote.round = { grid: Number(grid), day, kind, ...(checkpoint && { checkpoint }) };
    const at = this.wrote.round?.checkpoint;
    const point = at === undefined ? undefined : await item<Point>("checkpoints", at);
    if (point) {
      this.looked = point;
      if (this.isEmpty()) Object.assign(this.wrote, placeOfPoint(point), { matter: point.matter });
    }
    this.lock = await lockDraft(this.id);
    if (!this.lock) return false;
    this.recent = (await current().meta<string[]>(RECENT)) ?? [];
    if (files.length > 0) await this.keep(files);
    return true;
  }

  async open(): Promise<void> {
    const { root, wrote } = this;
    const where = (this.where = new Where(root, wrote, this.known, () => {
      this.guessed();
      this.soon();
    }));
    const voice = (this.voice = new Voice(root, wrote, (file) => {
      this.unsay();
      return this.keep(file ? [file] : []);
    }));
    const shown = {
      lines: () => where.lines(this.known.name),
      changed: (file: CapturedFile | null) => {
        this.unsay();
        return this.keep(file ? [file] : []);
      },
      said: (text: string) => say(root, "[data-photo-said]", text),
    };
    const after = part(root, "[data-shots=after]");
    after.dataset["fresh"] = "1";
    if (this.known.areas.length !== 1 && !navigator.geolocation) part<HTMLDetailsElement>(root, "[data-where]").open = true;
    this.rows = { report: new Shots(part(root, "[data-shots=report]"), wrote.photos, shown), after: new Shots(after, wrote.after, shown) };
    this.rows.report.album(part<HTMLInputElement>(root, "[data-album]"));
    await Promise.all([this.rows.report.restore(), this.rows.after.restore(), voice.heard()]);
    this.fillFields();
    part(root, "[data-mode]").hidden = !this.known.may.includes("case:view"); // who only reports settles nothing
    part(root, "[data-form]").addEventListener("input", (event) => this.typed(event.target as HTMLElement));
    part(root, "[data-form]").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    where.open();
    voice.open();
    this.ends.push(
      watch(({ room }) => part(root, "[data-notes]").replaceChildren(...(room === "ok" ? [] : [note(word(room === "full" ? "room-full" : "room-warn"))]))),
    );
    // The phone was put away, or another app came up.
    const hidden = (): void => {
      if (document.visibilityState === "hidden" && !this.over) void this.keep().catch(() => undefined);
    };
    document.addEventListener("visibilitychange", hidden);
    this.ends.push(() => document.removeEventListener("visibilitychange", hidden));
    this.drawMatters();
    this.drawNear();
    this.drawOutcome();
  }

  /** What was typed last is kept before the screen goes. */
  async close(): Promise<void> {
    if (this.over) return;
    this.over = true;
    for (const end of this.ends) end();
    clearTimeout(this.timer);
    this.where?.close();
    await this.voice?.close();
    if (this.lock) {
      await this.rows?.report.settled();
      await this.rows?.after.settled();
      if (this.saved || !this.isEmpty()) await this.keep().catch(console.error);
      this.lock.release();
    }
    this.rows?.report.close();
    this.rows?.after.close();
  }

  // Keeping ------------------------------------------------------------------------------------------------------------

  private keep(files: CapturedFile[] = []): Promise<void> {
    clearTimeout(this.timer);
    const { wrote } = this;
    const done = this.saving.then(async () => {
      if (this.isEmpty() && files.length === 0) {
        if (this.saved) await dropDraft(this.id);
        this.saved = false;
        return;
      }
      const title = wrote.text.trim() || this.matter?.name || "";
      await saveDraft({ id: this.id, screen: "report", title, data: wrote, photos: heldBy(wrote) }, files);
      if (!this.saved && !this.over) history.replaceState(null, "", `#/report?draft=${this.id}`); // a killed tab opens it again
      this.saved = true;
      if (!this.over) say(this.root, "[data-kept]", word("draft-kept"));
    });
    this.saving = done.catch(() => undefined);
    return done;
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      void this.keep().catch((error: unknown) => {
        if (error instanceof AlreadyQueuedError) this.gone();
        else throw error;
      });
      void this.ask();
    }, SOON);
  }

  private gone(): void {
    toast(word("sent-elsewhere"));
    this.saved = false;
    this.wrote = blank();
    go("home");
  }

  private fillFields(): void {
    const { wrote } = this;
    for (const name of ["text", "address", "done", "amount", "area", "legal", "name", "phone", "result"] as const) this.input(name).value = wrote[name];
    this.input("urgent").checked = wrote.urgent;
    for (const one of this.root.querySelectorAll<HTMLInputElement>("[name=r-mode]")) one.checked = (one.value === "settle") === wrote.settle;
    if (wrote.urgent || wrote.name || wrote.phone) part<HTMLDetailsElement>(this.root, "[data-more]").open = true;
  }

  private typed(target: HTMLElement): void {
    const { wrote } = this;
    const field = target as HTMLInputElement;
    const name = field.id.replace("r-", "");
    if (field.name === "r-matter" || field.name === "r-found") this.choose(field.value);
    else if (field.name === "r-same") wrote.same = field.value;
    else if (field.name === "r-mode") wrote.settle = field.value === "settle";
    else if (name === "search") return this.drawResults(field.value);
    else if (name === "urgent") wrote.urgent = field.checked;
    else if (name === "place") {
      wrote.picked = field.value;
      this.where?.draw();
      this.drawNear();
    } else if (["text", "address", "done", "amount", "area", "legal", "name", "phone", "result", "unit"].includes(name)) wrote[name as "text"] = field.value;
    else return;
    if (name === "text") this.guessed();
    if (name !== "text") this.unsay();
    this.drawOutcome();
    this.soon();
  }

  private unsay(): void {
    for (const name of ["text", "place", "phone", "settle"]) say(this.root, `[data-${name}-said]`, "");
  }

  // Matter -------------------------------------------------------------------------------------------------------------

  /** What this worker chose lately and what is open in the grids, what lies around counting twice. */
  private usual(): string[] {
    const spot = this.where?.spot() ?? null;
    const codes = this.known.cases.flatMap(({ matter, lon, lat }) => {
      if (!matter) return [];
      const around = spot && lon !== null && lat !== null && metres(spot, { lon, lat }) <= AROUND;
      return around ? [matter, matter] : [matter];
    });
    return [...this.recent, ...codes, ...(this.looked ? [this.looked.matter, this.looked.matter] : [])];
  }

  private guesses(): { matter: Matter; words: string[] }[] {
    const own = guess(this.wrote.text, this.known.matters, this.usual());
    const byCode = new Map(own.map((one) => [one.matter.id, one]));
    const learned = this.learned.flatMap((code) => {
      const matter = this.known.matters.find((one) => one.id === code);
      return matter ? [byCode.get(code) ?? { matter, words: [] }] : [];
    });
    return [...new Map([...learned, ...own].map((one) => [one.matter.id, one])).values()].slice(0, 3);
  }

  /** What the words say is ticked until the worker chooses for himself; without words nothing is. */
  private guessed(): void {
    const { wrote } = this;
    if (!wrote.chose) {
      const [first] = this.guesses();
      wrote.matter = wrote.text.trim() && first && (first.words.length > 0 || this.learned[0] === first.matter.id) ? first.matter.id : (this.looked?.matter ?? "");
    }
    this.drawMatters();
    this.drawNear();
  }

  /** The server's guess, when it comes in time and nobody has chosen or written on meanwhile. */
  private async ask(): Promise<void> {
    const { text } = this.wrote;
    const turn = ++this.asked;
    if (this.wrote.chose || !text.trim()) return;
    const found = await serverGuess(text);
    if (turn !== this.asked || this.over || this.wrote.chose || text !== this.wrote.text || found.length === 0) return;
    this.learned = found;
    this.guessed();
    this.drawOutcome();
  }

  private choose(code: string): void {
    this.wrote.matter = code;
    this.wrote.chose = true;
    const other = part<HTMLDetailsElement>(this.root, "[data-other]");
    const searched = other.open;
    other.open = false;
    this.unsay();
    this.drawMatters();
    this.drawNear();
    if (searched) this.root.querySelector<HTMLInputElement>("[data-guesses] input:checked")?.focus();
  }

  private matterRow(matter: Matter, why: string, group = "r-matter"): HTMLElement {
    const made = copyOf("p-matter");
    const radio = part<HTMLInputElement>(made, "input");
    radio.name = group;
    radio.value = matter.id;
    radio.checked = group === "r-matter" && matter.id === this.wrote.matter;
    part(made, "[data-name]").textContent = matter.name;
    say(made, "[data-why]", why);
    part(made, "[data-spot]").hidden = !matter.on_the_spot;
    return made;
  }

  private drawMatters(): void {
    const focused = (document.activeElement as HTMLInputElement | null)?.name === "r-matter";
    const rows = this.guesses().map(({ matter, words }) => this.matterRow(matter, words.length > 0 ? word("because-of", { words: words.join("、") }) : matter.class));
    const chosen = this.matter;
    if (chosen && !rows.some((row) => part<HTMLInputElement>(row, "input").checked)) rows.push(this.matterRow(chosen, chosen.class));
    part(this.root, "[data-guesses]").replaceChildren(...rows);
    part(this.root, "[data-matters]").hidden = rows.length === 0;
    if (focused) this.root.querySelector<HTMLInputElement>("[data-guesses] input:checked")?.focus({ preventScroll: true });
  }

  private drawResults(text: string): void {
    const found = search(text, this.known.matters);
    part(this.root, "[data-results]").replaceChildren(...found.map((matter) => this.matterRow(matter, matter.class, "r-found")));
  }

  // Near by -----------------------------------------------------------------------------------------------------------

  private drawNear(): void {
    const near = nearCases(this.known.cases, this.where?.spot() ?? null, this.wrote.matter, metres);
    const rows = near.map(({ one, metres: far }) => this.nearRow(one.id, one.text, [one.matter_name, word("near-metres", { m: far }), one.state_name].filter(Boolean).join(" · ")));
    if (this.wrote.same && !near.some(({ one }) => one.id === this.wrote.same)) rows.push(this.nearRow(this.wrote.same, word("same-as", { number: this.wrote.same }), ""));
    const list = rows.length > 0 ? [this.nearRow("", word("not-the-same"), ""), ...rows] : [];
    part(this.root, "[data-near-list]").replaceChildren(...list);
    part(this.root, "[data-near]").hidden = list.length === 0;
  }

  private nearRow(number: string, text: string, why: string): HTMLElement {
    const made = copyOf("p-near");
    const radio = part<HTMLInputElement>(made, "input");
    radio.value = number;
    radio.checked = number === this.wrote.same;
    part(made, "[data-name]").textContent = text;
    say(made, "[data-why]", why);
    return made;
  }

  // Settled on the spot ------------------------------------------------------------------------------------------------

  private drawOutcome(): void {
    const { root, wrote, matter } = this;
    part(root, "[data-mode]").hidden = !this.known.may.includes("case:view") || wrote.same !== "";
    part(root, "[data-urgent-row]").hidden = wrote.same !== "";
    const shown = wrote.settle && !wrote.same;
    part(root, "[data-outcome]").hidden = !shown;
    if (!shown) return;
    const said = !matter ? "need-matter" : matter.on_the_spot ? "" : "not-on-the-spot";
    say(root, "[data-settle-said]", said && word(said));
    part(root, "[data-amount]").hidden = !matter?.units.length;
    part(root, "[data-area]").hidden = !matter?.area;
    part(root, "[data-legal]").hidden = !matter?.legal_basis;
    const unit = this.input<HTMLSelectElement>("unit");
    const units = matter?.units ?? [];
    if ([...unit.options].map((one) => one.value).join() === units.join()) return;
    unit.replaceChildren(...units.map((one) => new Option(one, one)));
    wrote.unit = units.includes(wrote.unit) ? wrote.unit : (units[0] ?? "");
    unit.value = wrote.unit;
  }

  // Sending ------------------------------------------------------------------------------------------------------------

  private async send(): Promise<void> {
    const button = part<HTMLButtonElement>(this.root, "[data-send]");
    if (button.disabled) return;
    button.disabled = true;
    try {
      await Promise.all([this.voice?.stop(), this.rows?.report.settled(), this.rows?.after.settled()]);
      if (this.refused()) return;
      const [only] = this.known.areas;
      const made = commandOf(this.id, this.wrote, this.matter, { voice: word("by-voice"), same: word("the-same-thing") }, this.known.areas.length === 1 ? only?.id : undefined);
      clearTimeout(this.timer);
      await this.saving;
      await queue(made);
      await this.remember();
      this.over = true;
      this.where?.close();
      for (const end of this.ends) end();
      this.lock?.release();
      const { again } = this.wrote;
      if (again) await settleRefusal(again, "refused.sent_anew").then(() => discardRefused(again));
      toast(word(navigator.onLine ? "queued-online" : "queued-offline"), "success");
      go(await this.next());
    } catch (error) {
      if (error instanceof AlreadyQueuedError) this.gone();
      else if (error instanceof QuotaError) toast(word("room-full"), "error");
      else throw error;
    } finally {
      button.disabled = false;
    }
  }

  /** On with the round on which it was found, if it was on one. */
  private async next(): Promise<string> {
    const on = this.wrote.round;
    const walk = on && (await items<Round>("rounds")).find(({ grid, day, kind }) => grid === on.grid && day === on.day && kind === on.kind);
    return walk ? `round/${walk.id}` : "home";
  }

  /** Shows what is missing, and puts the finger there. */
  private refused(): boolean {
    this.unsay();
    const grids = this.known.areas.length;
    const found = Object.entries(missing(this.wrote, this.matter, grids)) as [Field, string][];
    for (const [field, key] of found) say(this.root, `[data-${field}-said]`, word(key));
    const [first] = found;
    if (!first) return false;
    if (first[0] === "phone") part<HTMLDetailsElement>(this.root, "[data-more]").open = true;
    if (first[0] === "place") part<HTMLDetailsElement>(this.root, "[data-where]").open = true;
    const target = { text: "#r-text", place: "#r-place", phone: "#r-phone", settle: "#r-done" }[first[0]];
    part(this.root, target).focus();
    return true;
  }

  /** The same person often reports the same again. */
  private async remember(): Promise<void> {
    if (this.wrote.matter) await current().setMeta(RECENT, [this.wrote.matter, ...this.recent].slice(0, MOST_RECENT));
  }
}

export const report: Screen = {
  name: "report",
  template: "s-report",
  async open(root, _params, query) {
    const writing = new ReportForm(root, await known());
    if (!(await writing.begin(query))) {
      part(root, ".wg-phone__main").replaceChildren(note(word("open-elsewhere")));
      part(root, ".wg-phone__bottom").remove();
      close = null;
      return;
    }
    close = () => writing.close();
    await writing.open();
  },
  async close() {
    const closing = close;
    close = null;
    await closing?.();
  },
};
