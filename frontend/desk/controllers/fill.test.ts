import { expect, test } from "vitest";
import { find, page } from "../../shared/testing";
import FillController from "./fill";

test("a click on a person fills the form and sends nothing", async () => {
  let sent = 0;
  document.addEventListener("submit", () => (sent += 1));
  await page(
    `<form data-controller="fill"><input name="login"><input name="password" type="password"><button type="submit"></button>
     <button type="button" id="lin" data-action="fill#fill" data-fill-login-param="lin" data-fill-password-param="demo-lin-2026"></button></form>`,
    { fill: FillController },
  );
  find("#lin").click();
  expect(find<HTMLInputElement>("[name=login]").value).toBe("lin");
  expect(find<HTMLInputElement>("[name=password]").value).toBe("demo-lin-2026");
  expect(document.activeElement).toBe(find("button[type=submit]"));
  expect(sent).toBe(0);
});
