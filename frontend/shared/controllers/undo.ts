import { Controller } from "@hotwired/stimulus";

/** Counts down while a step can be taken back, then takes the offer away. */
export default class UndoController extends Controller<HTMLElement> {
  static override targets = ["form", "count"];
  static override values = { seconds: { type: Number, default: 8 } };
  declare readonly formTarget: HTMLFormElement;
  declare readonly countTarget: HTMLElement;
  declare readonly hasCountTarget: boolean;
  declare readonly hasFormTarget: boolean;
  declare readonly secondsValue: number;
  private left = 0;
  private timer = 0;

  override connect(): void {
    this.left = this.secondsValue;
    this.show();
    this.timer = window.setInterval(() => this.tick(), 1000);
  }

  override disconnect(): void {
    window.clearInterval(this.timer);
  }

  private tick(): void {
    // Somebody who has the button under hand is not hurried (WCAG 2.2.1).
    if (this.element.matches(":hover, :focus-within")) return;
    this.left -= 1;
    this.show();
    if (this.left > 0) return;
    window.clearInterval(this.timer);
    if (this.hasFormTarget) this.formTarget.remove();
  }

  private show(): void {
    if (this.hasCountTarget) this.countTarget.textContent = String(Math.max(0, this.left));
  }
}
