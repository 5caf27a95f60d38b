import { beforeEach, expect, test } from "vitest";
import { find, page, teachDialogs } from "../testing";
import OpenerController from "./opener";

beforeEach(teachDialogs);

test("opens the dialog that it names", async () => {
  await page(`<a href="/fallback" data-controller="opener" data-action="opener#open" data-opener-dialog-value="d"></a><dialog id="d"></dialog>`, { opener: OpenerController });
  const event = new MouseEvent("click", { bubbles: true, cancelable: true });
  find("a").dispatchEvent(event);
  expect(find<HTMLDialogElement>("#d").open).toBe(true);
  expect(event.defaultPrevented).toBe(true);
});

test("leaves a link alone when there is no such dialog", async () => {
  await page(`<a href="#x" data-controller="opener" data-action="opener#open" data-opener-dialog-value="gone"></a>`, { opener: OpenerController });
  const event = new MouseEvent("click", { bubbles: true, cancelable: true });
  find("a").dispatchEvent(event);
  expect(event.defaultPrevented).toBe(false);
});
