import { beforeEach, expect, test, vi } from "vitest";
import { find, page, turn } from "../../shared/testing";
import type { Drawn, DrawHandle, DrawOptions } from "../../shared/map/contract";
import DrawController from "./draw";

let options: DrawOptions | null = null;
let webgl = true;
const COLLECTION = { type: "FeatureCollection" as const, features: [] };
const handle = {
  key: vi.fn(() => true), take: vi.fn(), back: vi.fn(), finish: vi.fn(), undo: vi.fn(), select: vi.fn(), describe: vi.fn(),
  drop: vi.fn(), collection: vi.fn(() => COLLECTION), repaint: vi.fn(), remove: vi.fn(),
} satisfies DrawHandle;

class TestDraw extends DrawController {
  protected override hasWebgl(): boolean {
    return webgl;
  }

  protected override async load() {
    return {
      draw: (_: HTMLElement, given: DrawOptions): DrawHandle => {
        options = given;
        return handle;
      },
    };
  }
}

const HTML = `<section hidden data-controller="draw" data-draw-src-value="/static/map.js" data-draw-worker-value="/static/worker.mjs" data-draw-css-value="/static/map.css" data-draw-text-newname-value="New grid {n}" data-draw-text-count-value="{buildings} buildings, {households} households" data-draw-text-nowebgl-value="no webgl" data-draw-text-pick-value="choose" data-draw-text-draw-value="draw" data-draw-text-crosses-value="crosses">
  <div data-draw-target="tools"><button value="draw" data-draw-target="tool" data-action="draw#take"></button><button data-draw-target="finish"></button><button data-draw-target="back"></button><button data-draw-target="undo" data-action="draw#undo"></button></div>
  <div id="stage" tabindex="0" data-draw-target="stage" data-action="keydown->draw#key"><div data-draw-target="canvas"></div><div data-draw-target="cross"></div></div>
  <ul data-draw-target="list"></ul>
  <div data-draw-target="form" hidden><input data-draw-target="name" data-action="change->draw#describe"><select data-draw-target="kind" data-action="change->draw#describe"><option value="basic"><option value="special"></select><button id="delete" data-action="draw#remove"></button></div>
  <p data-draw-target="note"></p>
  <form data-action="submit->draw#send:prevent"><input name="drawn" data-draw-target="drawn"><button id="send" data-draw-target="send"></button></form></section>`;

const drawn = (more: Partial<Drawn> = {}): Drawn => ({
  tool: "pick", trace: 0, selected: -1, changed: false, held: false, refused: "",
  grids: [{ name: "第一网格", kind: "basic", code: "001", buildings: 4, households: 310 }, { name: "市场", kind: "special", code: "", buildings: 1, households: 0 }],
  ...more,
});

async function show(): Promise<DrawOptions> {
  await page(HTML, { draw: TestDraw });
  await turn();
  if (!options) throw new Error("nothing was drawn");
  return options;
}

beforeEach(() => {
  vi.clearAllMocks();
  options = null;
  webgl = true;
});

test("shows itself, lists the grids with what stands in them, and names what is new", async () => {
  const given = await show();
  given.onChange(drawn());
  expect(find("section").hidden).toBe(false);
  expect([...document.querySelectorAll("li")].map((one) => one.textContent)).toEqual(["第一网格4 buildings, 310 households", "市场1 buildings, 0 households"]);
  expect(given.newName(3)).toBe("New grid 3");
  expect(find("p").textContent).toBe("choose");
  expect([find<HTMLButtonElement>("#send").disabled, find("[data-draw-target=form]").hidden]).toEqual([true, true]);
  await turn();
  document.querySelectorAll<HTMLButtonElement>("li button")[1]!.click();
  expect(handle.select).toHaveBeenCalledExactlyOnceWith(1);
});

test("the chosen grid is named and removed in the form beside the map", async () => {
  (await show()).onChange(drawn({ selected: 1 }));
  const name = find<HTMLInputElement>("input[data-draw-target=name]");
  expect([name.value, find<HTMLSelectElement>("select").value]).toEqual(["市场", "special"]);
  name.value = " 大市场 ";
  name.dispatchEvent(new Event("change", { bubbles: true }));
  expect(handle.describe).toHaveBeenCalledExactlyOnceWith(1, "大市场", "special");
  find<HTMLButtonElement>("#delete").click();
  expect(handle.drop).toHaveBeenCalledExactlyOnceWith(1);
});

test("keys on the map go to the map, and others do not", async () => {
  await show();
  const press = (key: string, more = {}): KeyboardEvent => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
    find("#stage").dispatchEvent(event);
    return event;
  };
  expect(press("ArrowLeft", { shiftKey: true }).defaultPrevented).toBe(true);
  expect(handle.key).toHaveBeenCalledExactlyOnceWith("ArrowLeft", true);
  handle.key.mockReturnValueOnce(false);
  expect(press("Tab").defaultPrevented).toBe(false);
  press("z", { ctrlKey: true });
  expect(handle.undo).toHaveBeenCalledOnce();
  press("r", { ctrlKey: true });
  expect(handle.key).toHaveBeenCalledTimes(2);
});

test("says why an outline was not closed", async () => {
  const given = await show();
  given.onChange(drawn({ tool: "draw", trace: 4, refused: "crosses" }));
  expect(find("p").textContent).toBe("crosses");
  expect(find("button[value=draw]").getAttribute("aria-pressed")).toBe("true");
  given.onChange(drawn({ tool: "draw", trace: 4 }));
  expect(find("p").textContent).toBe("draw");
});

test("sends what was drawn, and warns before it is lost", async () => {
  const given = await show();
  given.onChange(drawn({ changed: true }));
  const leaving = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(leaving);
  expect(leaving.defaultPrevented).toBe(true);
  expect(find<HTMLButtonElement>("#send").disabled).toBe(false);
  find("form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  expect(find<HTMLInputElement>("input[name=drawn]").value).toBe(JSON.stringify(COLLECTION));
  const sent = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(sent);
  expect(sent.defaultPrevented).toBe(false);
});

test("without WebGL the tools go and the reason is told", async () => {
  webgl = false;
  await page(HTML, { draw: TestDraw });
  await turn();
  expect(options).toBeNull();
  expect(find("[data-draw-target=tools]").hidden).toBe(true);
  expect(find("p").textContent).toBe("no webgl");
});
