import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { define } from "./testing";
import { keepShell } from "./update";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("tries a first installation again until the shell is kept, and then no more", async () => {
  const answers = [() => Promise.reject(new Error("cut")), () => Promise.resolve({ active: null }), () => Promise.resolve({ active: {} })];
  let asked = 0;
  define("serviceWorker", { controller: null, addEventListener: () => undefined, register: () => answers[asked++]!() });
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  await keepShell("/field/sw.js", () => undefined);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(19_999);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(asked).toBe(3);
});
