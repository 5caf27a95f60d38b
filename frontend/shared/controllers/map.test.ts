import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Handle, Options } from "../map/contract";
import { find, page, turn } from "../testing";
import MapController from "./map";

const requests = vi.hoisted(() => ({ open: vi.fn(), go: vi.fn() }));
vi.mock("../requests", async (original) => ({ ...(await original<object>()), ...requests }));

let options: Options | null = null;
const handle = { pin: vi.fn(), showPosition: vi.fn(), select: vi.fn(), fly: vi.fn(), stand: vi.fn(), repaint: vi.fn(), remove: vi.fn() } satisfies Handle;
let webgl = true;
let broken = false;

class TestMap extends MapController {
  protected override hasWebgl(): boolean {
    return webgl;
  }

  protected override async load() {
    if (broken) throw new Error("offline");
    return {
      mount: (_: HTMLElement, given: Options): Handle => {
        options = given;
        return handle;
      },
    };
  }
}

const HTML = (more = "") => `<section id="m" aria-label="Cases" data-controller="map" data-map-src-value="/static/map.js" data-map-worker-value="/static/worker.mjs" data-map-css-value="/static/map.css"
  data-map-areas-value="/areas.json" data-map-tiles-value="/desk/tiles/{z}/{x}/{y}" data-map-text-nowebgl-value="no webgl" data-map-text-nodata-value="no data" data-map-text-denied-value="denied" data-map-text-accuracy-value="about {m} m" ${more}>
  <div data-map-target="canvas"></div><button data-action="map#locate"></button><p data-map-target="note" hidden></p><div data-map-target="picked"></div>
  <details data-map-target="manual"><input name="lon" data-map-target="lon" data-action="change->map#typed"><input name="lat" data-map-target="lat" data-action="change->map#typed"></details>
  <details data-map-target="list"></details></section>`;

beforeEach(() => {
  vi.clearAllMocks();
  options = null;
  webgl = true;
  broken = false;
  document.head.innerHTML = "";
});
afterEach(() => Reflect.deleteProperty(navigator, "geolocation"));

async function show(more = ""): Promise<Options> {
  await page(HTML(more), { map: TestMap });
  await turn();
  if (!options) throw new Error("the map was not drawn");
  return options;
}

test("draws with absolute addresses and the style sheet of the map, once", async () => {
  const given = await show();
  expect(given.worker).toBe("http://localhost:3000/static/worker.mjs");
  expect(given.tiles).toBe("http://localhost:3000/desk/tiles/{z}/{x}/{y}");
  expect(given.texts.title).toBe("Cases");
  expect(document.querySelectorAll('link[href="/static/map.css"]')).toHaveLength(1);
});

test("without WebGL the list and the coordinates open and the reason is told", async () => {
  webgl = false;
  await page(HTML(), { map: TestMap });
  await turn();
  expect(options).toBeNull();
  expect([...document.querySelectorAll("details")].map((one) => one.open)).toEqual([true, true]);
  expect(find("p").textContent).toBe("no webgl");
  expect(find("p").hidden).toBe(false);
});

test("the same when the library cannot be fetched", async () => {
  broken = true;
  await page(HTML(), { map: TestMap });
  await turn();
  expect(find("#m").classList.contains("is-plain")).toBe(true);
});

test("a point opens beside the map, or as a page", async () => {
  (await show('data-map-detail-value="#detail"')).onOpen({ id: "7", url: "/desk/cases/7/" });
  expect(requests.open).toHaveBeenCalledExactlyOnceWith("/desk/cases/7/", "#detail");
  await turn();
  expect(handle.select).toHaveBeenCalledWith("7");
  (await show()).onOpen({ id: "8", url: "/desk/cases/8/" });
  expect(requests.go).toHaveBeenCalledExactlyOnceWith("/desk/cases/8/");
});

test("a picked place fills the fields and asks for its name", async () => {
  (await show('data-map-pick-value="true" data-map-picked-url-value="/place/"')).onPick(116.00612345678, 35.005);
  expect([find<HTMLInputElement>("[name=lon]").value, find<HTMLInputElement>("[name=lat]").value]).toEqual(["116.006123", "35.005000"]);
  expect(requests.open).toHaveBeenCalledExactlyOnceWith("/place/?lon=116.006123&lat=35.005000", "#m-picked");
});

test("typed coordinates move the pin only when both are there", async () => {
  await show('data-map-pick-value="true"');
  find<HTMLInputElement>("[name=lon]").value = "116.01";
  find("[name=lon]").dispatchEvent(new Event("change", { bubbles: true }));
  expect(handle.pin).not.toHaveBeenCalled();
  find<HTMLInputElement>("[name=lat]").value = "35.01";
  find("[name=lat]").dispatchEvent(new Event("change", { bubbles: true }));
  expect(handle.pin).toHaveBeenCalledExactlyOnceWith(116.01, 35.01);
});

test("one's own position is shown with its accuracy", async () => {
  await show('data-map-pick-value="true"');
  Object.defineProperty(navigator, "geolocation", {
    value: { getCurrentPosition: (good: PositionCallback) => good({ coords: { longitude: 116, latitude: 35, accuracy: 24.6 } } as GeolocationPosition) },
    configurable: true,
  });
  find("button").click();
  expect(handle.showPosition).toHaveBeenCalledExactlyOnceWith(116, 35, 24.6);
  expect(handle.pin).toHaveBeenCalledExactlyOnceWith(116, 35);
  expect(find("p").textContent).toBe("about 25 m");
});

test("follows a change of theme, and cleans up", async () => {
  await show();
  window.dispatchEvent(new Event("wangge:theme"));
  expect(handle.repaint).toHaveBeenCalledTimes(1);
  find("#m").remove();
  await turn();
  expect(handle.remove).toHaveBeenCalledTimes(1);
});

test("tiles, what is lit and the words reach the map", async () => {
  const given = await show('data-map-vector-value="/desk/map/tiles/{z}/{x}/{y}.mvt?v=1" data-map-lit-building-value="7" data-map-text-north-value="north"');
  expect(given.vector).toBe("http://localhost:3000/desk/map/tiles/{z}/{x}/{y}.mvt?v=1");
  expect(given.lit).toEqual({ kind: "building", id: "7" });
  expect(given.texts.north).toBe("north");
  expect(given.onBuilding).toBeNull();
  expect((await show('data-map-lit-compound-value="4"')).lit).toEqual({ kind: "compound", id: "4" });
  expect((await show()).lit).toBeNull();
});

test("a clicked building opens its card", async () => {
  (await show('data-map-building-url-value="/b/{id}/card/" data-map-building-target-value="#card"')).onBuilding?.("7");
  expect(requests.open).toHaveBeenCalledExactlyOnceWith("/b/7/card/", "#card");
});

test("it flies where the page sends it, and says so; without tiles it stays", async () => {
  const target = { kind: "building", id: "7", lon: 116, lat: 35 };
  const send = () => !window.dispatchEvent(new CustomEvent("wangge:fly", { cancelable: true, detail: target }));
  await show();
  expect(send()).toBe(false);
  await show('data-map-vector-value="/t/{z}/{x}/{y}.mvt"');
  expect(send()).toBe(true);
  expect(handle.fly).toHaveBeenCalledExactlyOnceWith(target);
  find("#m").remove();
  await turn();
  expect(send()).toBe(false);
});

test("the switch lays the buildings flat and stands them up again", async () => {
  await page(HTML().replace("</section>", '<button id="s" aria-pressed="true" data-action="map#stand"></button></section>'), { map: TestMap });
  await turn();
  find("#s").click();
  expect(find("#s").getAttribute("aria-pressed")).toBe("false");
  find("#s").click();
  expect(handle.stand.mock.calls).toEqual([[false], [true]]);
});
