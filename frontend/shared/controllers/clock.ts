import { Controller } from "@hotwired/stimulus";
import { fill } from "../requests";

const MINUTE = 60_000;

/** Keeps the words of a deadline fresh each minute; only for clocks that run by the wall (the server says `due`). */
export default class ClockController extends Controller<HTMLElement> {
  static override targets = ["text"];
  static override values = { due: String };
  declare readonly textTarget: HTMLElement;
  declare readonly hasTextTarget: boolean;
  declare readonly dueValue: string;
  private timer = 0;

  override connect(): void {
    this.timer = window.setInterval(() => this.tick(), MINUTE);
  }

  override disconnect(): void {
    window.clearInterval(this.timer);
  }

  tick(): void {
    const left = Date.parse(this.dueValue) - Date.now();
    if (Number.isNaN(left) || !this.hasTextTarget) return;
    const minutes = Math.floor(Math.abs(left) / MINUTE);
    const parts = { d: Math.floor(minutes / 1440), h: Math.floor(minutes / 60) % 24, m: minutes % 60 };
    const over = left < 0;
    const unit = parts.d > 0 ? "Days" : parts.h > 0 ? "Hours" : "Minutes";
    // A list has fifty clocks, so the words stand once on the page.
    const text = document.body.dataset[`clock${over ? "Over" : "Left"}${unit}`];
    if (text === undefined) return;
    this.textTarget.textContent = fill(text, parts);
    if (over) {
      this.element.classList.remove("wg-clock--quiet", "wg-clock--amber");
      this.element.classList.add("wg-clock--red");
    }
  }
}
