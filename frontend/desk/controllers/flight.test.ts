import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { find, page } from "../../shared/testing";
import FlightController from "./flight";

const requests = vi.hoisted(() => ({ open: vi.fn(), go: vi.fn() }));
vi.mock("../../shared/requests", async (original) => ({ ...(await original<object>()), ...requests }));

const HTML = `<div data-controller="flight">
  <a id="old" href="?building=1" aria-current="true">1</a>
  <a id="b" href="?building=7" data-action="flight#go" data-flight-kind-param="building" data-flight-id-param="7" data-flight-lon-param="116.01" data-flight-lat-param="35.02" data-flight-card-param="/b/7/card/">3号楼</a>
  <a id="c" href="?compound=4" data-action="flight#go" data-flight-kind-param="compound" data-flight-id-param="4" data-flight-lon-param="116" data-flight-lat-param="35" data-flight-box-param="1,2,3,4">家属院</a></div>`;

const sent: unknown[] = [];
const take = (event: Event): void => {
  sent.push((event as CustomEvent).detail);
  event.preventDefault();
};

beforeEach(() => {
  sent.length = 0;
  vi.clearAllMocks();
  window.history.replaceState(null, "", "/desk/map/");
});
afterEach(() => window.removeEventListener("wangge:fly", take));

/** Clicks, and says whether the page kept the browser from following the link. */
function click(selector: string, more: MouseEventInit = {}): boolean {
  let prevented = false;
  const last = (event: Event): void => {
    prevented = event.defaultPrevented;
    event.preventDefault(); // jsdom cannot leave a page
  };
  document.addEventListener("click", last, { once: true });
  find(selector).dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ...more }));
  return prevented;
}

test("the map goes there, the card is fetched, the address says where", async () => {
  await page(HTML, { flight: FlightController });
  window.addEventListener("wangge:fly", take);
  expect(click("#b")).toBe(true);
  expect(sent).toEqual([{ kind: "building", id: "7", lon: 116.01, lat: 35.02, box: "" }]);
  expect(requests.open).toHaveBeenCalledExactlyOnceWith("/b/7/card/", "#map-card");
  expect(window.location.search).toBe("?building=7");
  expect(find("#b").getAttribute("aria-current")).toBe("true");
  expect(find("#old").hasAttribute("aria-current")).toBe(false);
});

test("a compound is shown whole and has no card", async () => {
  await page(HTML, { flight: FlightController });
  window.addEventListener("wangge:fly", take);
  click("#c");
  expect(sent).toEqual([{ kind: "compound", id: "4", lon: 116, lat: 35, box: "1,2,3,4" }]);
  expect(requests.open).not.toHaveBeenCalled();
});

test("without a map, or with a key for a new tab, it is a link", async () => {
  await page(HTML, { flight: FlightController });
  expect(click("#b")).toBe(false);
  window.addEventListener("wangge:fly", take);
  expect(click("#b", { ctrlKey: true })).toBe(false);
  expect(sent).toEqual([]);
  expect(window.location.search).toBe("");
});
