import { afterEach, expect, test, vi } from "vitest";
import { find, page, turn } from "../testing";
import * as requests from "../requests";
import CallController from "./call";

const HTML = `<form method="post" action="/field/lost/7/call/" data-controller="call" data-action="submit->call#dial" data-call-none-value="None" data-call-failed-value="Failed"><input type="hidden" name="csrfmiddlewaretoken" value="t"><button data-call-target="button"><span data-call-target="number">100****0007</span></button></form>`;

function answers(status: number, body: unknown) {
  const fetched = vi.fn().mockResolvedValue(new Response(JSON.stringify(body), { status }));
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function tap(): Promise<void> {
  find<HTMLFormElement>("form").requestSubmit();
  await turn();
  await turn();
}

test("fetches the number at the tap and dials it, once", async () => {
  const went = vi.spyOn(requests, "go").mockImplementation(() => undefined);
  const fetched = answers(200, { phone: "10012340007" });
  await page(HTML, { call: CallController });
  expect(fetched).not.toHaveBeenCalled();
  await tap();
  await tap();
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(went.mock.calls).toEqual([["tel:10012340007"], ["tel:10012340007"]]);
  expect(find("span").textContent).toBe("10012340007");
});

test("says so when there is no number, and when it could not be fetched", async () => {
  const went = vi.spyOn(requests, "go").mockImplementation(() => undefined);
  const words: string[] = [];
  window.addEventListener("wangge:toast", (event) => words.push((event as CustomEvent).detail.text));
  answers(200, { phone: "" });
  await page(HTML, { call: CallController });
  await tap();
  answers(429, {});
  await tap();
  expect(words).toEqual(["None", "Failed"]);
  expect(went).not.toHaveBeenCalled();
  expect(find<HTMLButtonElement>("button").disabled).toBe(false);
});
