import { expect, test, vi } from "vitest";
import { find, page } from "../../shared/testing";
import FilterController from "./filter";

test("a choice applies at once, a half-typed word does not", async () => {
  await page(
    `<form data-controller="filter" data-action="change->filter#submit"><select name="state"><option>a</option></select><input type="search" name="q"><button data-filter-target="button"></button></form>`,
    { filter: FilterController },
  );
  const send = vi.fn();
  find<HTMLFormElement>("form").requestSubmit = send;
  find("input").dispatchEvent(new Event("change", { bubbles: true }));
  expect(send).not.toHaveBeenCalled();
  find("select").dispatchEvent(new Event("change", { bubbles: true }));
  expect(send).toHaveBeenCalledTimes(1);
  expect(find("button").classList.contains("visually-hidden-focusable")).toBe(true);
});
