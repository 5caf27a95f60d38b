import { Controller } from "@hotwired/stimulus";

const SHOWN = 8000;

/** Short words in the live region. They go by themselves, but never while looked at, and an error stays. */
export default class ToastController extends Controller<HTMLElement> {
  static override targets = ["item"];
  static override values = { close: String };
  declare readonly closeValue: string;
  private readonly timers = new Map<HTMLElement, number>();

  itemTargetConnected(item: HTMLElement): void {
    if (item.classList.contains("wg-toast--error")) return;
    const wait = (): void => {
      window.clearTimeout(this.timers.get(item));
      this.timers.set(item, window.setTimeout(() => item.remove(), SHOWN));
    };
    const hold = (): void => window.clearTimeout(this.timers.get(item));
    for (const name of ["mouseenter", "focusin"]) item.addEventListener(name, hold);
    for (const name of ["mouseleave", "focusout"]) item.addEventListener(name, wait);
    wait();
  }

  itemTargetDisconnected(item: HTMLElement): void {
    window.clearTimeout(this.timers.get(item));
    this.timers.delete(item);
  }

  close(event: Event): void {
    (event.currentTarget as HTMLElement).closest(".wg-toast")?.remove();
  }

  show(event: CustomEvent<{ text: string; tone?: string }>): void {
    const item = document.createElement("div");
    item.className = `wg-toast wg-toast--${event.detail.tone ?? "info"}`;
    item.dataset["toastTarget"] = "item";
    const text = document.createElement("span");
    text.className = "wg-toast__text";
    text.textContent = event.detail.text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "wg-toast__close";
    close.textContent = "×";
    close.dataset["action"] = "toast#close";
    close.setAttribute("aria-label", this.closeValue);
    item.append(text, close);
    this.element.append(item);
  }
}
