import { beforeEach, expect, test } from "vitest";
import { find, page } from "../testing";
import ThemeController from "./theme";

beforeEach(() => {
  document.documentElement.dataset["theme"] = "normal";
  document.cookie = "theme=; path=/; max-age=0";
});

test("chooses a theme, remembers it and tells the map", async () => {
  let told = "";
  window.addEventListener("wangge:theme", (event) => (told = (event as CustomEvent).detail.name), { once: true });
  await page(
    `<div data-controller="theme"><button data-theme-target="choice" data-action="theme#choose" data-theme-name-param="normal" aria-pressed="true"></button>
     <button id="dark" data-theme-target="choice" data-action="theme#choose" data-theme-name-param="dark" aria-pressed="false"></button></div>`,
    { theme: ThemeController },
  );
  find("#dark").click();
  expect(document.documentElement.dataset["theme"]).toBe("dark");
  expect(document.cookie).toContain("theme=dark");
  expect(told).toBe("dark");
  expect([...document.querySelectorAll("button")].map((button) => button.getAttribute("aria-pressed"))).toEqual(["false", "true"]);
});

test("the phone's switch turns large type on and off", async () => {
  await page(`<button data-controller="theme" data-theme-target="elder" data-action="theme#toggleElder" aria-pressed="false"></button>`, { theme: ThemeController });
  find("button").click();
  expect([document.documentElement.dataset["theme"], find("button").getAttribute("aria-pressed")]).toEqual(["elder", "true"]);
  find("button").click();
  expect([document.documentElement.dataset["theme"], find("button").getAttribute("aria-pressed")]).toEqual(["normal", "false"]);
});
