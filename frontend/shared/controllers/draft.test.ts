import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readDraft, sweepSentDrafts, writeDraft } from "../drafts";
import { find, page } from "../testing";
import DraftController from "./draft";

const FORM = `<form data-controller="draft" data-draft-key-value="report">
  <p data-draft-target="note" hidden><button type="button" data-action="draft#discard"></button></p>
  <textarea name="text"></textarea><input type="tel" name="phone"><input type="password" name="secret"><input type="hidden" name="csrf" value="t">
  <input name="code" data-draft-skip></form>`;

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => vi.useRealTimers());

function type(selector: string, value: string): void {
  const field = find<HTMLInputElement>(selector);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

test("keeps what was typed, but no password, token or skipped field", async () => {
  await page(FORM, { draft: DraftController });
  type("textarea", "井盖缺失");
  type("[name=secret]", "hunter2");
  type("[name=code]", "1234");
  vi.advanceTimersByTime(400);
  expect(readDraft("report")?.values).toEqual({ text: "井盖缺失", phone: "" });
});

test("offers it again, and discards it on request", async () => {
  writeDraft("report", { text: "井盖缺失", phone: "10012345678" });
  await page(FORM, { draft: DraftController });
  expect(find<HTMLTextAreaElement>("textarea").value).toBe("井盖缺失");
  expect(find("p").hidden).toBe(false);
  find("button").click();
  expect(find<HTMLTextAreaElement>("textarea").value).toBe("");
  expect(find("p").hidden).toBe(true);
  expect(readDraft("report")).toBeNull();
});

test("never overwrites what the server filled in", async () => {
  writeDraft("report", { text: "old", phone: "" });
  await page(FORM.replace("></textarea>", ">from the server</textarea>"), { draft: DraftController });
  expect(find<HTMLTextAreaElement>("textarea").value).toBe("from the server");
  expect(find("p").hidden).toBe(true);
});

test("forgets after a week", () => {
  localStorage.setItem("draft:report", JSON.stringify({ at: Date.now() - 8 * 24 * 3600 * 1000, values: { text: "x" } }));
  expect(readDraft("report")).toBeNull();
  expect(localStorage.getItem("draft:report")).toBeNull();
});

test("is dropped on the page after the form was accepted", async () => {
  await page(FORM, { draft: DraftController });
  type("textarea", "井盖缺失");
  find("form").dispatchEvent(new Event("submit", { cancelable: true }));
  document.body.innerHTML = "<p>thank you</p>";
  sweepSentDrafts();
  expect(readDraft("report")).toBeNull();
});

test.each([
  ["the form comes back refused", FORM],
  ["an error page comes", '<meta name="wangge-page" content="error">'],
])("is kept when %s", async (_, answer) => {
  await page(FORM, { draft: DraftController });
  type("textarea", "井盖缺失");
  find("form").dispatchEvent(new Event("submit", { cancelable: true }));
  document.body.innerHTML = answer;
  sweepSentDrafts();
  expect(readDraft("report")?.values["text"]).toBe("井盖缺失");
});
