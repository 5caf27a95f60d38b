// By when: "今天", "已逾期2天", "还剩3小时". Days and hours by the server's clock.
import { serverNow } from "./clock";
import { age, word } from "./words";

const DAY = 86_400_000;

export type Tone = "quiet" | "amber" | "red";

export interface DueWords {
  text: string;
  tone: Tone;
}

/** Today's date where the phone is, "2026-11-21". */
export function today(): string {
  return dayOf(serverNow());
}

/** The date of a moment where the phone is. */
export function dayOf(ms: number): string {
  const at = new Date(ms);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** Whole days from today to a date; negative for a date that has passed. */
export function daysTo(day: string): number {
  return Math.round((Date.parse(`${day}T00:00:00Z`) - Date.parse(`${today()}T00:00:00Z`)) / DAY);
}

/** A date as it is told to somebody who has to be somewhere by then. */
export function dueOn(day: string): DueWords {
  const left = daysTo(day);
  if (left < 0) return { text: word("due-late", { n: -left }), tone: "red" };
  if (left === 0) return { text: word("due-today"), tone: "amber" };
  if (left === 1) return { text: word("due-tomorrow"), tone: "quiet" };
  return { text: shortDay(day), tone: "quiet" };
}

/** A moment by which something has to be done; null is no limit. */
export function dueAt(iso: string | null): DueWords | null {
  if (!iso) return null;
  const left = Date.parse(iso) - serverNow();
  const text = word(left < 0 ? "due-over" : "due-left", { age: age(Math.abs(left) / 1000) });
  return { text, tone: left < 0 ? "red" : left < DAY ? "amber" : "quiet" };
}

/** "11月25日 周三"; of another year "2027年11月22日 周一". */
export function shortDay(day: string): string {
  const year = day.slice(0, 4) === today().slice(0, 4) ? {} : { year: "numeric" as const };
  const options: Intl.DateTimeFormatOptions = { ...year, month: "long", day: "numeric", weekday: "short" };
  return new Intl.DateTimeFormat(document.documentElement.lang || "zh-Hans", options).format(new Date(`${day}T00:00:00`));
}

/** "08:30" */
export function clockTime(iso: string): string {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hour12: false };
  return new Intl.DateTimeFormat(document.documentElement.lang || "zh-Hans", options).format(new Date(iso));
}

/** Writes it into a mark of the page; hidden for null. */
export function showDue(mark: HTMLElement, due: DueWords | null): void {
  mark.hidden = due === null;
  mark.textContent = due?.text ?? "";
  mark.className = `wg-badge wg-badge--${due?.tone ?? "quiet"}`;
}
