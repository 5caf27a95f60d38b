import { expect, test, vi } from "vitest";
import { find, page } from "../../shared/testing";
import PrintController from "./print";

test("the button appears and prints the page", async () => {
  const print = vi.fn();
  vi.stubGlobal("print", print);
  await page(`<button type="button" hidden data-controller="print" data-action="print#print">Print</button>`, { print: PrintController });
  expect(find("button").hidden).toBe(false);
  find("button").click();
  expect(print).toHaveBeenCalledTimes(1);
  vi.unstubAllGlobals();
});
