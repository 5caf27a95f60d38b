import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { find, page } from "../testing";
import PositionController from "./position";

const opened = vi.hoisted(() => vi.fn());
vi.mock("../requests", async (original) => ({ ...(await original<object>()), open: opened }));

const HTML = `<div data-controller="position" data-position-url-value="/field/place/" data-position-text-asking-value="asking" data-position-text-accuracy-value="about {m} m"
  data-position-text-rough-value="only {m} m" data-position-text-denied-value="denied" data-position-text-failed-value="failed">
  <input name="lon" data-position-target="lon"><input name="lat" data-position-target="lat"><input name="accuracy" data-position-target="accuracy">
  <button type="button" data-position-target="button" data-action="position#find"></button><p data-position-target="note"></p><div data-position-target="place"></div></div>`;

const value = (name: string) => find<HTMLInputElement>(`[name=${name}]`).value;

function locate(answer: (good: PositionCallback, bad: PositionErrorCallback) => void): void {
  Object.defineProperty(navigator, "geolocation", { value: { getCurrentPosition: answer }, configurable: true });
}

beforeEach(() => opened.mockClear());
afterEach(() => Reflect.deleteProperty(navigator, "geolocation"));

test("fills the place and asks the server what it is", async () => {
  locate((good) => good({ coords: { longitude: 116.0061234567, latitude: 35.00521, accuracy: 12.4 } } as GeolocationPosition));
  await page(HTML, { position: PositionController });
  find("button").click();
  expect([value("lon"), value("lat"), value("accuracy")]).toEqual(["116.006123", "35.005210", "12"]);
  expect(find("p").textContent).toBe("about 12 m");
  expect(opened).toHaveBeenCalledExactlyOnceWith("/field/place/?lon=116.006123&lat=35.005210", "#position-place");
  expect(find<HTMLButtonElement>("button").disabled).toBe(false);
});

test("says when the position is too rough to trust", async () => {
  locate((good) => good({ coords: { longitude: 116, latitude: 35, accuracy: 480 } } as GeolocationPosition));
  await page(HTML, { position: PositionController });
  find("button").click();
  expect(find("p").textContent).toBe("only 480 m");
});

test.each([
  [1, "denied"],
  [2, "failed"],
  [3, "failed"],
])("error %i is told and nothing is filled in", async (code, text) => {
  locate((_, bad) => bad({ code } as GeolocationPositionError));
  await page(HTML, { position: PositionController });
  find("button").click();
  expect(find("p").textContent).toBe(text);
  expect([value("lon"), value("lat")]).toEqual(["", ""]);
  expect(opened).not.toHaveBeenCalled();
  expect(find<HTMLButtonElement>("button").disabled).toBe(false);
});
