import { Controller } from "@hotwired/stimulus";
import { fill } from "../requests";

const MINUTE = 60_000;

/** Keeps the words of a deadline fresh each minute; only for clocks that run by the wall (the server says `due`). */
export default class ClockController extends Controller<HTMLElement> {
  static override targets = ["text"];
  static override values = {
    due: String,
    leftDays: String,
    leftHours: String,
    leftMinutes: String,
    overDays: String,
    overHours: String,
    overMinutes: String,
  };
  declare readonly textTarget: HTMLElement;
  declare readonly hasTextTarget: boolean;
  declare readonly dueValue: string;
  declare readonly leftDaysValue: string;
  declare readonly leftHoursValue: string;
  declare readonly leftMinutesValue: string;
  declare readonly overDaysValue: string;
  declare readonly overHoursValue: string;
  declare readonly overMinutesValue: string;
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
    const text =
      parts.d > 0
        ? over ? this.overDaysValue : this.leftDaysValue
        : parts.h > 0
          ? over ? this.overHoursValue : this.leftHoursValue
          : over ? this.overMinutesValue : this.leftMinutesValue;
    this.textTarget.textContent = fill(text, parts);
    if (over) {
      this.element.classList.remove("wg-clock--quiet", "wg-clock--amber");
      this.element.classList.add("wg-clock--red");
    }
  }
}
