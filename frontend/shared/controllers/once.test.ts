import { expect, test } from "vitest";
import { find, page, turn } from "../testing";
import OnceController, { uuid } from "./once";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const HTML = `<form data-controller="once"><input type="hidden" name="idempotency_key" data-once-target="key"><button data-once-target="button"></button></form>`;
const submit = (): Event => {
  const event = new Event("submit", { cancelable: true, bubbles: true });
  find("form").dispatchEvent(event);
  return event;
};

test("makes a key, and keeps one that the server gave back", async () => {
  await page(HTML, { once: OnceController });
  expect(find<HTMLInputElement>("input").value).toMatch(UUID);
  await page(HTML.replace('name="idempotency_key"', 'name="idempotency_key" value="kept"'), { once: OnceController });
  expect(find<HTMLInputElement>("input").value).toBe("kept");
});

test("makes a key where crypto.randomUUID is missing", () => {
  const original = globalThis.crypto.randomUUID;
  Object.defineProperty(globalThis.crypto, "randomUUID", { value: undefined, configurable: true });
  expect(uuid()).toMatch(UUID);
  Object.defineProperty(globalThis.crypto, "randomUUID", { value: original, configurable: true });
});

test("sends once", async () => {
  await page(HTML, { once: OnceController });
  expect(submit().defaultPrevented).toBe(false);
  expect(find<HTMLButtonElement>("button").disabled).toBe(false); // its own name and value still go along
  await turn();
  expect(find<HTMLButtonElement>("button").disabled).toBe(true);
  expect(submit().defaultPrevented).toBe(true);
});

test("is ready again when the page comes back or the answer came by htmx", async () => {
  await page(HTML, { once: OnceController });
  submit();
  await turn();
  find("form").dispatchEvent(new Event("htmx:afterRequest"));
  expect(find<HTMLButtonElement>("button").disabled).toBe(false);
  expect(submit().defaultPrevented).toBe(false);
});

test("a submit that something else refused does not count", async () => {
  await page(HTML, { once: OnceController });
  find("form").addEventListener("submit", (event) => event.preventDefault(), { once: true, capture: true });
  submit();
  await turn();
  expect(find<HTMLButtonElement>("button").disabled).toBe(false);
});

test("leaves a button alone that the server disabled", async () => {
  await page(HTML.replace("<button ", "<button disabled "), { once: OnceController });
  window.dispatchEvent(new Event("pageshow"));
  expect(find<HTMLButtonElement>("button").disabled).toBe(true);
  submit();
  await turn();
  find("form").dispatchEvent(new Event("htmx:afterRequest"));
  expect(find<HTMLButtonElement>("button").disabled).toBe(true);
});
