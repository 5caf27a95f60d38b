// Words that scripts need. The page brings them in its language (<script type="application/json" id="words">).
import { fill } from "./fill";

let words: Record<string, string> | null = null;

/** The text of `key` with `{name}` marks filled. A key that the page does not bring is a mistake, told in the console. */
export function word(key: string, values: Record<string, string | number> = {}): string {
  words ??= JSON.parse(document.getElementById("words")?.textContent ?? "{}") as Record<string, string>;
  const text = words[key];
  if (text === undefined) console.error(`the page has no word for "${key}"`);
  return fill(text ?? key, values);
}

/** The text of `key`, where the page brings it; else that of `other`. */
export function wordOr(key: string, other: string): string {
  const found = word(other);
  return words && key in words ? words[key]! : found;
}

/** For tests: the next page brings others. */
export function forgetWords(): void {
  words = null;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** "刚刚", "5 分钟", "2 小时", "3 天": how long something waits. */
export function age(seconds: number): string {
  if (seconds < MINUTE) return word("age-now");
  if (seconds < HOUR) return word("age-minutes", { n: Math.floor(seconds / MINUTE) });
  if (seconds < DAY) return word("age-hours", { n: Math.floor(seconds / HOUR) });
  return word("age-days", { n: Math.floor(seconds / DAY) });
}

/** "11月20日 周五 15:30", in the page's language and the phone's zone. */
export function when(iso: string): string {
  const options: Intl.DateTimeFormatOptions = { month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false };
  return new Intl.DateTimeFormat(document.documentElement.lang || "zh-Hans", options).format(new Date(iso));
}
