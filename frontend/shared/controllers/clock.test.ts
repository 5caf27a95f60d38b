import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { find, page } from "../testing";
import ClockController from "./clock";

const chip = (due: string) => `<span class="wg-clock wg-clock--amber" data-controller="clock" data-clock-due-value="${due}">
  <span data-clock-target="text">from server</span></span>`;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-11-20T07:00:00Z"), toFake: ["setInterval", "clearInterval", "Date"] });
  Object.assign(document.body.dataset, {
    clockLeftDays: "{d}d {h}h left",
    clockLeftHours: "{h}h {m}m left",
    clockLeftMinutes: "{m}m left",
    clockOverDays: "over {d}d",
    clockOverHours: "over {h}h {m}m",
    clockOverMinutes: "over {m}m",
  });
});
afterEach(() => vi.useRealTimers());

test.each([
  ["2026-11-22T10:30:00Z", "2d 3h left"],
  ["2026-11-20T10:21:00Z", "3h 20m left"],
  ["2026-11-20T07:43:00Z", "42m left"],
  ["2026-11-20T06:58:00Z", "over 3m"],
  ["2026-11-20T04:00:00Z", "over 3h 1m"],
  ["2026-11-18T06:00:00Z", "over 2d"],
])("a deadline at %s reads “%s” a minute later", async (due, text) => {
  await page(chip(due), { clock: ClockController });
  expect(find("[data-clock-target]").textContent).toBe("from server");
  vi.advanceTimersByTime(60_000);
  expect(find("[data-clock-target]").textContent).toBe(text);
});

test("turns red when the deadline passes under the reader's eyes", async () => {
  await page(chip("2026-11-20T07:00:30Z"), { clock: ClockController });
  vi.advanceTimersByTime(60_000);
  expect(find(".wg-clock").className).toBe("wg-clock wg-clock--red");
});

test("leaves the server's words alone when the date is unreadable", async () => {
  await page(chip("soon"), { clock: ClockController });
  vi.advanceTimersByTime(120_000);
  expect(find("[data-clock-target]").textContent).toBe("from server");
});
