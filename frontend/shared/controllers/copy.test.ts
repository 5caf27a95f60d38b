import { afterEach, expect, test, vi } from "vitest";
import { find, page, turn } from "../testing";
import CopyController from "./copy";

const HTML = `<button data-controller="copy" data-action="copy#copy" data-copy-text-value="NC-2026-004182" data-copy-done-value="Copied"></button>`;

function heard(): string[] {
  const words: string[] = [];
  window.addEventListener("wangge:toast", (event) => words.push((event as CustomEvent).detail.text), { once: true });
  return words;
}

afterEach(() => {
  Reflect.deleteProperty(navigator, "clipboard");
});

test("copies and says so", async () => {
  const writeText = vi.fn().mockResolvedValue(undefined);
  Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
  await page(HTML, { copy: CopyController });
  const words = heard();
  find("button").click();
  await turn();
  expect(writeText).toHaveBeenCalledExactlyOnceWith("NC-2026-004182");
  expect(words).toEqual(["Copied"]);
});

test("works without the clipboard interface of secure pages", async () => {
  let selected = "";
  document.execCommand = vi.fn((command: string) => {
    selected = `${command}:${find<HTMLTextAreaElement>("textarea").value}`;
    return true;
  });
  await page(HTML, { copy: CopyController });
  find("button").click();
  await turn();
  expect(selected).toBe("copy:NC-2026-004182");
  expect(document.querySelector("textarea")).toBeNull();
});
