import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { find, page, press } from "../testing";
import FrameController from "./frame";

const HTML = `<div id="frame" data-controller="frame" data-frame-text-network-value="no net" data-frame-text-server-value="our fault" data-frame-text-refused-value="not yours">
  <nav data-frame-target="rail"><a id="first" href="#">one</a></nav><div data-frame-target="veil" hidden></div>
  <button id="menu" data-frame-target="menu" data-action="frame#openRail" aria-expanded="false"></button>
  <input data-frame-target="search"><textarea></textarea>
  <p data-frame-target="connection" data-online="on" data-offline="off" data-queue="2 waiting"><span data-frame-target="connectionText">on</span></p></div>`;

let words: { text: string; tone: string }[] = [];
const listen = (event: Event): void => void words.push((event as CustomEvent).detail);

beforeEach(() => {
  words = [];
  window.addEventListener("wangge:toast", listen);
});
afterEach(() => window.removeEventListener("wangge:toast", listen));

test("opens the rail, moves the focus into it, and gives it back on Escape", async () => {
  await page(HTML, { frame: FrameController });
  find("#menu").click();
  expect(find("nav").classList.contains("is-open")).toBe(true);
  expect(find("#menu").getAttribute("aria-expanded")).toBe("true");
  expect(document.activeElement).toBe(find("#first"));
  press("Escape");
  expect(find("nav").classList.contains("is-open")).toBe(false);
  expect(find("[data-frame-target=veil]").hidden).toBe(true);
  expect(document.activeElement).toBe(find("#menu"));
});

test("a slash goes to the search box, but not while somebody types", async () => {
  await page(HTML, { frame: FrameController });
  find("textarea").focus();
  expect(press("/", find("textarea")).defaultPrevented).toBe(false);
  expect(document.activeElement).toBe(find("textarea"));
  expect(press("/").defaultPrevented).toBe(true);
  expect(document.activeElement).toBe(find("input"));
});

test.each([
  [500, "our fault"],
  [403, "not yours"],
  [404, "not yours"],
])("a failed request with %i is told in words", async (status, text) => {
  await page(HTML, { frame: FrameController });
  find("#frame").dispatchEvent(new CustomEvent("htmx:responseError", { detail: { xhr: { status } } }));
  expect(words).toEqual([{ text, tone: "error" }]);
});

test("a request that reached nobody is told in words", async () => {
  await page(HTML, { frame: FrameController });
  find("#frame").dispatchEvent(new CustomEvent("htmx:sendError"));
  expect(words).toEqual([{ text: "no net", tone: "error" }]);
});

test("the strip tells the connection and what waits", async () => {
  await page(HTML, { frame: FrameController });
  const online = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  window.dispatchEvent(new Event("offline"));
  expect(find("span").textContent).toBe("off · 2 waiting");
  expect(find("p").classList.contains("is-offline")).toBe(true);
  online.mockReturnValue(true);
  window.dispatchEvent(new Event("online"));
  expect(find("span").textContent).toBe("on · 2 waiting");
  expect(find("p").classList.contains("is-offline")).toBe(false);
});
