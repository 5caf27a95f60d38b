// A form about a case: keeps what is typed and photographed as a draft, and becomes one command of the outbox.
import { copyOf, part, say } from "./dom";
import { discardRefused, fileOf, type CapturedFile, type Draft, type Kind } from "./outbox";
import { settleRefusal } from "./refusals";
import type { Shot } from "./reporting";
import { Shots } from "./shots";
import { toast } from "./toast";
import { act } from "./underway";
import { word } from "./words";
import { Writing, type Written } from "./writing";

export interface Kept {
  step: string;
  fields: Record<string, string>;
  photos: Record<string, Shot[]>;
  /** The refused command that this one is sent for. */
  again?: string;
}

export interface Said {
  kind: Kind;
  data: object;
}

export interface StepOptions {
  /** The route that opens the form again. */
  screen: string;
  title: string;
  /** Lines burnt into its photos besides the time. */
  lines: () => Promise<string[]>;
  /** The command, or the word for what is lacking. */
  say: (fields: Record<string, string>, photos: Record<string, string[]>, answer: string) => Said | string;
  done: () => void;
}

export class StepForm {
  private readonly writing = new Writing(() => this.written());
  private readonly photos = new Map<string, Shots>();
  private again = ""; // the refused command that this one is sent for

  constructor(
    private readonly form: HTMLFormElement,
    private readonly options: StepOptions,
  ) {
    for (const root of form.querySelectorAll<HTMLElement>("[data-photos]")) {
      const name = root.dataset["photos"]!;
      root.replaceChildren(copyOf("p-fresh-photos"));
      say(root, "[data-label]", word(`photos-${name}`));
      part(root, "ul").setAttribute("aria-label", word(`photos-${name}`));
      const shots = new Shots(part(root, "ul"), [], {
        lines: options.lines,
        changed: (added) => {
          this.complain("");
          return this.writing.keep(added ? [added] : []);
        },
        said: (text) => say(root, "[data-said]", text),
      });
      this.photos.set(name, shots);
    }
    form.addEventListener("input", () => this.writing.touch());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send((event.submitter as HTMLButtonElement | null)?.value ?? "");
    });
  }

  get step(): string {
    return this.form.dataset["step"]!;
  }

  /** Fills the form from a draft. */
  async restore(draft: Draft): Promise<void> {
    const kept = draft.data as Kept;
    this.writing.resume(draft);
    this.again = kept.again ?? "";
    for (const [name, value] of Object.entries(kept.fields)) this.fill(name, value);
    await this.show(kept.photos);
  }

  /** Fills the form with what the server refused, to be corrected and sent anew. */
  async refill(refused: string, data: Record<string, unknown>): Promise<void> {
    this.again = refused;
    const [done] = (data["quantities"] as { amount: number; unit: string }[] | undefined) ?? [];
    const fields: Record<string, unknown> = { ...data, amount: done?.amount, unit: done?.unit, area: data["area_m2"] };
    for (const [name, value] of Object.entries(fields)) if (typeof value === "string" || typeof value === "number") this.fill(name, String(value));
    const originals = (data["originals"] as Record<string, string> | undefined) ?? {};
    const photos: Record<string, Shot[]> = {};
    for (const name of this.photos.keys()) photos[name] = ((data[name] as string[] | undefined) ?? []).map((sha) => ({ sha, original: originals[sha] ?? "" }));
    await this.show(photos);
    const files = await Promise.all(Object.values(photos).flat().map(({ sha }) => fileOf(sha)));
    await this.writing.keep(files.filter((file): file is CapturedFile => file !== undefined));
  }

  private fill(name: string, value: string): void {
    const field = this.form.elements.namedItem(name);
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) field.value = value;
  }

  private async show(photos: Record<string, Shot[]>): Promise<void> {
    for (const [name, held] of Object.entries(photos)) {
      const row = this.photos.get(name);
      row?.shots.push(...held);
      await row?.restore();
    }
  }

  /** Before the screen goes: what was typed is kept. */
  async close(): Promise<void> {
    for (const field of this.photos.values()) field.close();
    await this.writing.close();
  }

  private fields(): Record<string, string> {
    return Object.fromEntries([...new FormData(this.form)].filter((pair): pair is [string, string] => typeof pair[1] === "string").map(([name, value]) => [name, value.trim()]));
  }

  private shas(): Record<string, string[]> {
    return Object.fromEntries([...this.photos].map(([name, { shots }]) => [name, shots.map(({ sha }) => sha)]));
  }

  /** sha256 of a photo → that of the camera's own file. */
  private originals(): Record<string, string> {
    const pairs = [...this.photos.values()].flatMap(({ shots }) => shots.map(({ sha, original }) => [sha, original]));
    return Object.fromEntries(pairs.filter(([, original]) => original)) as Record<string, string>;
  }

  private written(): Written | null {
    const fields = this.fields();
    const photos = Object.fromEntries([...this.photos].map(([name, { shots }]) => [name, [...shots]]));
    const held = Object.values(photos).flat().map(({ sha }) => sha);
    if (this.texts().every((field) => !field.value.trim()) && held.length === 0) return null;
    const { screen, title } = this.options;
    return { screen, title, data: { step: this.step, fields, photos, ...(this.again && { again: this.again }) } satisfies Kept, photos: held };
  }

  private complain(text: string): void {
    if (this.form.querySelector("[data-lacking]")) say(this.form, "[data-lacking]", text);
  }

  private lock(locked: boolean): void {
    for (const one of this.form.querySelectorAll<HTMLButtonElement>("button[type=submit]")) one.disabled = locked;
  }

  private texts(): (HTMLInputElement | HTMLTextAreaElement)[] {
    return [...this.form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("textarea, input:not([type=file])")];
  }

  private async send(answer: string): Promise<void> {
    this.complain("");
    const lacking = [...this.form.querySelectorAll<HTMLInputElement>("[data-required]")].find((field) => !field.value.trim());
    if (lacking) {
      this.complain(word("step-fill"));
      lacking.focus();
      return;
    }
    await Promise.all([...this.photos.values()].map((row) => row.settled()));
    const [fields, photos] = [this.fields(), this.shas()];
    const said = this.options.say(fields, photos, answer);
    if (typeof said === "string") {
      this.complain(said);
      return;
    }
    const originals = this.originals();
    const data = Object.keys(originals).length > 0 ? { ...said.data, originals } : said.data;
    const command = { id: this.writing.id, kind: said.kind, data, title: this.options.title, photos: Object.values(photos).flat() };
    this.lock(true);
    if (!(await this.writing.become(() => act(command)))) {
      this.lock(false);
      return;
    }
    if (this.again) await settleRefusal(this.again, "refused.sent_anew").then(() => discardRefused(this.again));
    toast(word("step-queued"), "success");
    this.options.done();
  }
}
