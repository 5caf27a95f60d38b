import { Controller } from "@hotwired/stimulus";

/** A UUID also where crypto.randomUUID is missing (plain HTTP). */
export function uuid(): string {
  if (globalThis.crypto.randomUUID) return globalThis.crypto.randomUUID();
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * Sends a form once: a second submit is refused while the first runs, and the hidden key lets the server recognise
 * a repetition after a lost answer.
 */
export default class OnceController extends Controller<HTMLFormElement> {
  static override targets = ["key", "button"];
  declare readonly keyTargets: HTMLInputElement[];
  declare readonly buttonTargets: HTMLButtonElement[];
  private sending = false;
  private held: HTMLButtonElement[] = []; // what the server disabled is not ours to enable
  private readonly submit = (event: Event): void => {
    if (event.defaultPrevented) return;
    if (this.sending) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    this.sending = true;
    this.element.setAttribute("aria-busy", "true");
    // Disabled in the next turn: a disabled button would not send its own name and value.
    window.setTimeout(() => {
      if (!this.sending) return;
      this.held = this.buttonTargets.filter((button) => !button.disabled);
      for (const button of this.held) button.disabled = true;
    });
  };
  private readonly ready = (): void => this.release();

  override connect(): void {
    for (const key of this.keyTargets) if (!key.value) key.value = uuid();
    this.element.addEventListener("submit", this.submit);
    this.element.addEventListener("htmx:afterRequest", this.ready);
    window.addEventListener("pageshow", this.ready);
  }

  override disconnect(): void {
    this.element.removeEventListener("submit", this.submit);
    this.element.removeEventListener("htmx:afterRequest", this.ready);
    window.removeEventListener("pageshow", this.ready);
  }

  private release(): void {
    this.sending = false;
    this.element.removeAttribute("aria-busy");
    for (const button of this.held.splice(0)) button.disabled = false;
  }
}
