import { expect, test } from "vitest";
import { find, page } from "../testing";
import PasswordController from "./password";

test("shows and hides what was typed, and says which", async () => {
  await page(
    `<span data-controller="password" data-password-show-value="Show" data-password-hide-value="Hide"><input type="password" data-password-target="input" value="secret">
     <button hidden data-password-target="button" data-action="password#toggle" aria-pressed="false" aria-label="Show"><svg><use href="/static/icons.svg#eye"></use></svg></button></span>`,
    { password: PasswordController },
  );
  const [input, button] = [find<HTMLInputElement>("input"), find<HTMLButtonElement>("button")];
  expect(button.hidden).toBe(false);
  button.click();
  expect([input.type, input.value, button.getAttribute("aria-pressed"), button.getAttribute("aria-label")]).toEqual(["text", "secret", "true", "Hide"]);
  expect(find("use").getAttribute("href")).toBe("/static/icons.svg#eye-off");
  button.click();
  expect([input.type, button.getAttribute("aria-pressed"), button.getAttribute("aria-label")]).toEqual(["password", "false", "Show"]);
});
