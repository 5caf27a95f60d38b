import { expect, test } from "vitest";
import { find, page } from "../testing";
import FocusController from "./focus";

test("takes the focus when it appears", async () => {
  await page(`<input><div id="summary" tabindex="-1" data-controller="focus"></div>`, { focus: FocusController });
  expect(document.activeElement).toBe(find("#summary"));
});
