import { beforeEach, expect, test, vi } from "vitest";
import { find, page, press, teachDialogs, turn } from "../../shared/testing";
import TriageController from "./triage";

const requests = vi.hoisted(() => ({ open: vi.fn(), go: vi.fn() }));
vi.mock("../../shared/requests", async (original) => ({ ...(await original<object>()), ...requests }));

const row = (n: number) => `<li id="case-${n}" data-triage-target="row" data-url="/desk/cases/${n}/"><a href="/desk/cases/${n}/" data-triage-open>case ${n}</a>
  <button data-triage-key="1">accept</button><button data-triage-key="3">decline</button></li>`;
const HTML = `<input id="search"><ul data-controller="triage" data-triage-todos-value="/desk/">${[1, 2, 3].map(row).join("")}</ul><div id="detail"></div><dialog id="keys"></dialog><textarea></textarea>`;
const current = () => [...document.querySelectorAll("[aria-current=true]")].map((one) => one.id);

beforeEach(() => {
  teachDialogs();
  requests.open.mockClear();
  requests.go.mockClear();
});

test("j and k move one cursor, and it stops at both ends", async () => {
  await page(HTML, { triage: TriageController });
  expect(current()).toEqual(["case-1"]);
  expect(document.activeElement).toBe(document.body); // nothing is focused before the first key
  press("j");
  expect([current(), document.activeElement?.id]).toEqual([["case-1"], "case-1"]);
  press("j");
  press("j");
  press("j");
  expect([current(), document.activeElement?.id]).toEqual([["case-3"], "case-3"]);
  press("k");
  expect([...document.querySelectorAll("li")].map((one) => one.tabIndex)).toEqual([-1, 0, -1]);
});

test("a number clicks the button of the current row, once", async () => {
  await page(HTML, { triage: TriageController });
  const clicks: string[] = [];
  document.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => clicks.push(`${button.closest("li")?.id}:${button.textContent}`)));
  press("j");
  press("j");
  press("1");
  press("3");
  expect(press("2").defaultPrevented).toBe(false); // the row has no such button
  expect(clicks).toEqual(["case-2:accept", "case-2:decline"]);
});

test("the cursor stays with the keyboard after a number: the next row has the focus when this one goes", async () => {
  await page(HTML, { triage: TriageController });
  press("j");
  press("1");
  find("#case-1").remove();
  await turn();
  expect([current(), document.activeElement?.id]).toEqual([["case-2"], "case-2"]);
});

test("u takes back what the newest toast offers, and is an ordinary key without one", async () => {
  await page(`${HTML}<button class="wg-toast__undo">old</button><button class="wg-toast__undo">new</button>`, { triage: TriageController });
  const clicks: (string | null)[] = [];
  document.querySelectorAll(".wg-toast__undo").forEach((one) => one.addEventListener("click", () => clicks.push(one.textContent)));
  expect(press("u").defaultPrevented).toBe(true);
  expect(clicks).toEqual(["new"]);
  document.querySelectorAll(".wg-toast__undo").forEach((one) => one.remove());
  expect(press("u").defaultPrevented).toBe(false);
});

test("keys rest while somebody types, with a modifier, and under a dialog", async () => {
  await page(HTML, { triage: TriageController });
  const clicked = vi.fn();
  find('#case-1 [data-triage-key="1"]').addEventListener("click", clicked);
  press("1", find("textarea"));
  press("1", document.body, { ctrlKey: true });
  find<HTMLDialogElement>("#keys").open = true;
  press("1");
  expect(clicked).not.toHaveBeenCalled();
});

test("Enter opens beside the list, and leaves links and buttons their own Enter", async () => {
  await page(HTML, { triage: TriageController });
  press("j");
  expect(press("Enter", find("#case-1 button")).defaultPrevented).toBe(false);
  expect(requests.open).not.toHaveBeenCalled();
  press("Enter", find("#case-1"));
  expect(requests.open).toHaveBeenCalledExactlyOnceWith("/desk/cases/1/", "#detail");
  expect(find("#case-1").classList.contains("is-open")).toBe(true);
});

test("“?” explains, “/” searches, “g t” goes to the to-dos", async () => {
  await page(HTML, { triage: TriageController });
  press("/");
  expect(document.activeElement).toBe(find("#search"));
  find("#search").blur();
  press("t");
  expect(requests.go).not.toHaveBeenCalled();
  press("g");
  press("t");
  expect(requests.go).toHaveBeenCalledExactlyOnceWith("/desk/");
  press("?");
  expect(find<HTMLDialogElement>("#keys").open).toBe(true);
});

test("keeps the place when the list is swapped", async () => {
  await page(HTML, { triage: TriageController });
  press("j");
  press("j");
  find("ul").innerHTML = [1, 2, 3].map(row).join("");
  await turn();
  expect([current(), document.activeElement?.id]).toEqual([["case-2"], "case-2"]);
});

test("the next row takes the place of one that was dealt with", async () => {
  await page(HTML, { triage: TriageController });
  press("j");
  press("j");
  find("#case-2").remove();
  await turn();
  expect([current(), document.activeElement?.id]).toEqual([["case-3"], "case-3"]);
  find("#case-3").remove();
  await turn();
  expect(current()).toEqual(["case-1"]);
});

test("a click on a row opens it; on its button it only moves there", async () => {
  await page(HTML, { triage: TriageController });
  find("#case-3 button").click();
  expect(current()).toEqual(["case-3"]);
  expect(requests.open).not.toHaveBeenCalled();
  find("#case-2").click();
  expect(requests.open).toHaveBeenCalledExactlyOnceWith("/desk/cases/2/", "#detail");
});
