import { Controller } from "@hotwired/stimulus";
import { dropDraft, markSending, readDraft, writeDraft } from "../drafts";

const PAUSE = 400;
const KEPT = new Set(["text", "textarea", "search", "number", "tel", "date", "datetime-local", "select-one"]);

/** Keeps what was typed into a form on this device until the form was accepted. */
export default class DraftController extends Controller<HTMLFormElement> {
  static override targets = ["note"];
  static override values = { key: String };
  declare readonly noteTarget: HTMLElement;
  declare readonly hasNoteTarget: boolean;
  declare readonly keyValue: string;
  private timer = 0;
  private readonly save = (): void => {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.write(), PAUSE);
  };
  private readonly sent = (event: Event): void => {
    if (event.defaultPrevented) return;
    this.write();
    markSending(this.keyValue);
  };

  override connect(): void {
    this.restore();
    this.element.addEventListener("input", this.save);
    this.element.addEventListener("submit", this.sent);
  }

  override disconnect(): void {
    window.clearTimeout(this.timer);
    this.element.removeEventListener("input", this.save);
    this.element.removeEventListener("submit", this.sent);
  }

  discard(): void {
    window.clearTimeout(this.timer);
    dropDraft(this.keyValue);
    this.element.reset();
    if (this.hasNoteTarget) this.noteTarget.hidden = true;
  }

  private fields(): (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] {
    return [...this.element.elements].filter(
      (field): field is HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement =>
        (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) &&
        field.name !== "" &&
        KEPT.has(field.type) &&
        !field.hasAttribute("data-draft-skip"),
    );
  }

  private write(): void {
    const values = Object.fromEntries(this.fields().map((field) => [field.name, field.value]));
    if (Object.values(values).some((value) => value.trim() !== "")) writeDraft(this.keyValue, values);
    else dropDraft(this.keyValue);
  }

  /** What the server filled in wins; only empty fields are filled from the draft. */
  private restore(): void {
    const draft = readDraft(this.keyValue);
    if (!draft) return;
    let restored = false;
    for (const field of this.fields()) {
      const value = draft.values[field.name];
      if (value && field.value === "") {
        field.value = value;
        restored = field.value === value || restored;
      }
    }
    if (restored && this.hasNoteTarget) this.noteTarget.hidden = false;
  }
}
