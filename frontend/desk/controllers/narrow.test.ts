import { beforeEach, expect, test } from "vitest";
import { find, page } from "../../shared/testing";
import NarrowController from "./narrow";

beforeEach(async () => {
  await page(
    `<div data-controller="narrow"><div data-narrow-target="box" hidden><input type="search" data-narrow-target="text" data-action="narrow#apply"></div>
    <ul><li id="a" data-narrow-target="row" data-words="环卫所 环卫 南城街道"><input type="checkbox"></li>
    <li id="b" data-narrow-target="row" data-words="Police Station"><input type="checkbox"></li>
    <li id="c" data-narrow-target="row" data-words="综治中心"><input type="checkbox" checked></li></ul></div>`,
    { narrow: NarrowController },
  );
});

function type(words: string): string[] {
  const text = find<HTMLInputElement>("[type=search]");
  text.value = words;
  text.dispatchEvent(new Event("input", { bubbles: true }));
  return [...document.querySelectorAll<HTMLElement>("li")].filter((row) => !row.hidden).map((row) => row.id);
}

test("the box is shown only where there is script", () => {
  expect(find("[data-narrow-target=box]").hidden).toBe(false);
});

test("rows that say it stay, and those that are ticked", () => {
  expect(type("环卫")).toEqual(["a", "c"]);
  expect(type("poLICE")).toEqual(["b", "c"]);
  expect(type("nothing like it")).toEqual(["c"]);
  expect(type("  ")).toEqual(["a", "b", "c"]);
});
