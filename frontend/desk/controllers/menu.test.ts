import { expect, test } from "vitest";
import { find, page, press } from "../../shared/testing";
import MenuController from "./menu";

const HTML = `<details open data-controller="menu"><summary tabindex="0">me</summary><a href="#" id="in">in</a></details><p>out</p>`;

test("closes by a click elsewhere, not by one inside", async () => {
  await page(HTML, { menu: MenuController });
  find("#in").click();
  expect(find<HTMLDetailsElement>("details").open).toBe(true);
  find("p").click();
  expect(find<HTMLDetailsElement>("details").open).toBe(false);
});

test("Escape closes and gives the focus back", async () => {
  await page(HTML, { menu: MenuController });
  find("#in").focus();
  press("Escape", find("#in"));
  expect(find<HTMLDetailsElement>("details").open).toBe(false);
  expect(document.activeElement).toBe(find("summary"));
});
