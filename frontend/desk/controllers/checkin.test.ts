import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { find, page } from "../../shared/testing";
import CheckinController from "./checkin";

const html = `<form data-controller="checkin" data-action="checkin#send" data-checkin-text-asking-value="asking">
  <input name="lon" data-checkin-target="lon"><input name="lat" data-checkin-target="lat">
  <button data-checkin-target="button"></button><p data-checkin-target="note"></p></form>`;

let sent: string[];

beforeEach(async () => {
  sent = [];
  await page(html, { checkin: CheckinController });
  const form = find<HTMLFormElement>("form");
  // As a browser: the event first, and the form leaves unless somebody stopped it.
  form.requestSubmit = vi.fn(() => {
    const event = new Event("submit", { bubbles: true, cancelable: true });
    if (form.dispatchEvent(event)) sent.push(`${find<HTMLInputElement>("[name=lon]").value},${find<HTMLInputElement>("[name=lat]").value}`);
  });
});

afterEach(() => vi.unstubAllGlobals());

function phone(answer: (found: PositionCallback, failed: PositionErrorCallback) => void): void {
  vi.stubGlobal("navigator", { geolocation: { getCurrentPosition: answer } });
}

const here = { coords: { longitude: 116.00512349, latitude: 35.0049999 } } as GeolocationPosition;

test("one tap sends the form with where the phone is", () => {
  phone((found) => found(here));
  find<HTMLFormElement>("form").requestSubmit();
  expect(sent).toEqual(["116.005123,35.005000"]);
  expect(find<HTMLButtonElement>("button").disabled).toBe(true);
});

test("without a position it is sent all the same", () => {
  phone((_found, failed) => failed({ code: 1 } as GeolocationPositionError));
  find<HTMLFormElement>("form").requestSubmit();
  expect(sent).toEqual([","]);
});

test("a second tap while the phone is asked sends nothing twice", () => {
  let answer: PositionCallback | null = null;
  phone((found) => (answer = found));
  find<HTMLFormElement>("form").requestSubmit();
  find<HTMLFormElement>("form").requestSubmit();
  expect(sent).toEqual([]);
  expect(find("p").textContent).toBe("asking");
  answer!(here);
  expect(sent).toEqual(["116.005123,35.005000"]);
});

test("a browser that knows no position sends at once", () => {
  vi.stubGlobal("navigator", {});
  find<HTMLFormElement>("form").requestSubmit();
  expect(sent).toEqual([","]);
});
