import { beforeEach, describe, expect, it, vi } from "vitest";
import { rememberOffset } from "./clock";
import { dueAt, dueOn, shortDay } from "./due";
import { forgetWords } from "./words";

beforeEach(() => {
  rememberOffset(null);
  document.documentElement.lang = "zh-hans";
  document.body.innerHTML = `<script type="application/json" id="words">{"due-today":"今天","due-tomorrow":"明天","due-late":"逾期{n}天","due-left":"还剩{age}","due-over":"已超期{age}","age-hours":"{n}小时","age-days":"{n}天"}</script>`;
  forgetWords();
  vi.useFakeTimers({ now: new Date(2026, 10, 21, 9, 0) });
  return () => vi.useRealTimers();
});

describe("by when", () => {
  it("tells a day", () => {
    expect(["2026-11-19", "2026-11-21", "2026-11-22"].map(dueOn)).toEqual([
      { text: "逾期2天", tone: "red" },
      { text: "今天", tone: "amber" },
      { text: "明天", tone: "quiet" },
    ]);
    expect(shortDay("2026-11-25")).toMatch(/^11月25日/);
    expect(shortDay("2027-11-22")).toMatch(/^2027年11月22日/);
  });

  it("tells a moment", () => {
    const at = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
    expect([dueAt(at(3)), dueAt(at(-50)), dueAt(at(72)), dueAt(null)]).toEqual([
      { text: "还剩3小时", tone: "amber" },
      { text: "已超期2天", tone: "red" },
      { text: "还剩3天", tone: "quiet" },
      null,
    ]);
  });
});
