import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toast } from "../requests";
import { find, page, turn } from "../testing";
import ToastController from "./toast";

const HTML = `<div id="messages" data-controller="toast" data-toast-close-value="Close" data-action="wangge:toast@window->toast#show">
  <div class="wg-toast wg-toast--success" data-toast-target="item">done</div><div class="wg-toast wg-toast--error" data-toast-target="item">failed<button data-action="toast#close"></button></div></div>`;

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());
const texts = () => [...document.querySelectorAll(".wg-toast")].map((item) => item.textContent);

test("a word goes after eight seconds, an error stays until it is closed", async () => {
  await page(HTML, { toast: ToastController });
  vi.advanceTimersByTime(7999);
  expect(texts()).toEqual(["done", "failed"]);
  vi.advanceTimersByTime(1);
  expect(texts()).toEqual(["failed"]);
  find("button").click();
  expect(texts()).toEqual([]);
});

test("waits while it is looked at", async () => {
  await page(HTML, { toast: ToastController });
  find(".wg-toast--success").dispatchEvent(new Event("mouseenter"));
  vi.advanceTimersByTime(60_000);
  expect(texts()).toEqual(["done", "failed"]);
  find(".wg-toast--success").dispatchEvent(new Event("mouseleave"));
  vi.advanceTimersByTime(8000);
  expect(texts()).toEqual(["failed"]);
});

test("shows what other parts of the page say, as text", async () => {
  await page(`<div id="messages" data-controller="toast" data-toast-close-value="Close" data-action="wangge:toast@window->toast#show"></div>`, { toast: ToastController });
  toast("<b>kept</b>", "success");
  await turn();
  expect(find(".wg-toast__text").textContent).toBe("<b>kept</b>");
  expect(find(".wg-toast__close").getAttribute("aria-label")).toBe("Close");
});
