import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { find, page } from "../testing";
import UndoController from "./undo";

beforeEach(() => vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
afterEach(() => vi.useRealTimers());

test("counts down and takes the offer away", async () => {
  await page(`<div data-controller="undo" data-undo-seconds-value="3"><form data-undo-target="form"><button><span data-undo-target="count"></span></button></form></div>`, { undo: UndoController });
  expect(find("span").textContent).toBe("3");
  vi.advanceTimersByTime(2000);
  expect(find("span").textContent).toBe("1");
  vi.advanceTimersByTime(1000);
  expect(document.querySelector("form")).toBeNull();
});

test("does not hurry somebody whose focus is on the button", async () => {
  await page(`<div data-controller="undo" data-undo-seconds-value="3"><form data-undo-target="form"><button><span data-undo-target="count"></span></button></form></div>`, { undo: UndoController });
  vi.spyOn(find("div"), "matches").mockReturnValue(true);
  vi.advanceTimersByTime(10_000);
  expect(find("span").textContent).toBe("3");
});
