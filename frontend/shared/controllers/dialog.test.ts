import { beforeEach, expect, test } from "vitest";
import { find, page, teachDialogs } from "../testing";
import DialogController from "./dialog";

beforeEach(teachDialogs);

const html = (more = "") =>
  `<dialog data-controller="dialog" data-action="click->dialog#backdrop" ${more}><p>inside</p><button data-action="dialog#close"></button></dialog>`;

test("opens at once when it arrives open, and closes by its button", async () => {
  await page(html('data-dialog-open-value="true"'), { dialog: DialogController });
  expect(find<HTMLDialogElement>("dialog").open).toBe(true);
  find("button").click();
  expect(find<HTMLDialogElement>("dialog").open).toBe(false);
});

test("a click beside it closes, a click inside does not", async () => {
  await page(html(), { dialog: DialogController });
  const dialog = find<HTMLDialogElement>("dialog");
  expect(dialog.open).toBe(false);
  dialog.showModal();
  find("p").click();
  expect(dialog.open).toBe(true);
  dialog.click();
  expect(dialog.open).toBe(false);
});
