// Drawing grids on the map: MapLibre shows the sketch and says where the hand is. Part of map.js.
import { Map as LibreMap, NavigationControl, setWorkerUrl } from "maplibre-gl";
import type { GeoJSONSource, MapMouseEvent, MapTouchEvent } from "maplibre-gl";
import type { DrawHandle, DrawOptions, Tool } from "./contract";
import type { Point } from "./shapes";
import { within } from "./shapes";
import { Sketch, type Refusal } from "./sketch";
import { FONTS, palette, style, type Palette } from "./style";

export const TONES = ["#1f6feb", "#b35900", "#1a7f37", "#8250df", "#0a7ea4", "#bf3989", "#6e7781", "#7a6a00"];
const NEAR = 12; // pixels within which a corner or a border catches
const STEP = 10; // pixels that an arrow key moves the cross-hair
const FAR = 60; // with Shift
const MARGIN = 40; // pixels from the edge where the map goes along

type Feature = { type: "Feature"; geometry: unknown; properties: Record<string, unknown> };
const features = (found: Feature[]): unknown => ({ type: "FeatureCollection", features: found });
const from = <T>(id: string): T => JSON.parse(document.getElementById(id)?.textContent ?? "null") as T;

function layers(p: Palette): unknown[] {
  const tone = ["to-color", ["get", "tone"]];
  const chosen = ["get", "chosen"];
  return [
    { id: "draw-fill", type: "fill", source: "draw-shapes", paint: { "fill-color": tone, "fill-opacity": ["case", chosen, 0.4, 0.2] } },
    { id: "draw-line", type: "line", source: "draw-shapes", layout: { "line-join": "round" }, paint: { "line-color": tone, "line-width": ["case", chosen, 4, 2] } },
    { id: "draw-before", type: "line", source: "draw-before", paint: { "line-color": p.ink, "line-width": 1.2, "line-dasharray": [4, 3], "line-opacity": 0.6 } },
    { id: "draw-house", type: "circle", source: "draw-houses", minzoom: 13, paint: { "circle-radius": 3, "circle-color": p.ink, "circle-opacity": 0.55, "circle-stroke-color": p.halo, "circle-stroke-width": 1 } },
    { id: "draw-name", type: "symbol", source: "draw-shapes", layout: { "text-field": ["get", "name"], "text-size": 14, "text-max-width": 8, "symbol-sort-key": ["case", chosen, 0, 1] }, paint: { "text-color": p.ink, "text-halo-color": p.halo, "text-halo-width": 2 } },
    { id: "draw-trace", type: "line", source: "draw-trace", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": p.selected, "line-width": 3, "line-dasharray": [2, 1.5] } },
    { id: "draw-corner", type: "circle", source: "draw-trace", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": ["case", ["get", "first"], 8, 6], "circle-color": p.halo, "circle-stroke-color": p.selected, "circle-stroke-width": 2.5 } },
  ];
}

export function draw(element: HTMLElement, options: DrawOptions): DrawHandle {
  setWorkerUrl(options.worker);
  const sketch = new Sketch(from(options.shapes), options.newName);
  const before = from<unknown>(options.before);
  const houses = from<[number, number, number][]>(options.houses) ?? [];
  const given = { areas: false, buildings: false, roads: false, points: false, vector: options.vector, extrude: false, standing: false, lit: null, tiles: options.tiles, attribution: "" };
  const look = (): unknown => {
    const colours = palette(element);
    const base = style(colours, given);
    base.layers = base.layers.filter((layer) => !["grid-line", "grid-name", "area-fill"].includes(layer.id));
    for (const name of ["draw-shapes", "draw-before", "draw-houses", "draw-trace"]) base.sources[name] = { type: "geojson", data: features([]) as never };
    base.layers.push(...(layers(colours) as never[]));
    return base;
  };
  const map = new LibreMap({
    container: element,
    style: look() as never,
    bounds: options.bounds.split(",").map(Number) as [number, number, number, number],
    fitBoundsOptions: { padding: 24 },
    maxZoom: 19.5,
    maxPitch: 0,
    dragRotate: false,
    touchPitch: false,
    doubleClickZoom: false,
    keyboard: false,
    attributionControl: false,
    localIdeographFontFamily: FONTS,
    cooperativeGestures: window.matchMedia("(pointer: coarse)").matches,
    fadeDuration: 0,
    locale: { "Map.Title": options.title, "NavigationControl.ZoomIn": options.zoomin, "NavigationControl.ZoomOut": options.zoomout },
  });
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.touchZoomRotate.disableRotation();
  const canvas = map.getCanvas();
  canvas.tabIndex = -1; // the stage around it has the focus and the keys

  let hand: Point | null = null; // where the pointer or the cross-hair is
  let cross: [number, number] | null = null; // the cross-hair, in pixels; null until a key is pressed
  let stood = false; // the cross-hair has not moved since it set a corner
  let dragged = false;

  const put = (name: string, found: Feature[] | unknown): void => {
    (map.getSource(name) as GeoJSONSource | undefined)?.setData((Array.isArray(found) ? features(found as Feature[]) : found) as never);
  };
  const reach = (): number => {
    const middle = map.getCenter();
    const there = map.unproject([map.project(middle).x, map.project(middle).y + NEAR]);
    return Math.abs(there.lat - middle.lat);
  };
  const mark = (at: Point, first = false): Feature => ({ type: "Feature", properties: { first }, geometry: { type: "Point", coordinates: at } });
  const paint = (): void => {
    put("draw-shapes", sketch.collection.features.map((one, n) => ({ ...one, properties: { name: one.properties.name, tone: TONES[n % TONES.length], chosen: n === sketch.selected } })));
    paintTrace();
  };
  const paintTrace = (): void => {
    const found: Feature[] = sketch.trace.map((at, i) => mark(at, i === 0));
    const over = hand && sketch.tool !== "pick" ? sketch.snapped(hand, reach()) : null;
    const line = [...sketch.trace, ...(over ? [over.point] : [])];
    if (line.length > 1) found.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } });
    if (over?.held) found.push(mark(over.point, true));
    const chosen = sketch.shapes[sketch.selected];
    if (chosen && sketch.tool === "pick") found.push(...chosen.polygons.flat(2).map((at) => mark(at)));
    put("draw-trace", found);
  };
  const tell = (refused: Refusal = ""): void => {
    paint();
    canvas.classList.toggle("is-pick", sketch.tool !== "pick");
    options.onChange({
      tool: sketch.tool,
      trace: sketch.trace.length,
      selected: sketch.selected,
      changed: sketch.changed,
      held: sketch.held !== null,
      grids: sketch.shapes.map((shape) => ({ name: shape.name, kind: shape.kind, code: shape.code, ...within(shape, houses) })),
      refused,
    });
  };
  const place = (event: MapMouseEvent | MapTouchEvent): Point => [event.lngLat.lng, event.lngLat.lat];
  const showCross = (): void => {
    options.cross.hidden = cross === null;
    if (cross) {
      options.cross.style.left = `${cross[0]}px`;
      options.cross.style.top = `${cross[1]}px`;
      const at = map.unproject(cross);
      hand = [at.lng, at.lat];
    }
  };

  map.on("click", (event) => {
    if (dragged) return;
    const refused = sketch.point(place(event), reach());
    cross = [event.point.x, event.point.y];
    stood = true;
    options.cross.hidden = true;
    tell(refused);
  });
  map.on("dblclick", () => {
    if (sketch.tool !== "pick") tell(sketch.finish());
  });
  map.on("mousemove", (event) => {
    hand = place(event);
    if (sketch.held) {
      sketch.drag(hand, reach());
      dragged = true;
      paint();
    } else {
      paintTrace();
    }
  });
  map.on("mousedown", (event) => {
    dragged = false;
    if (sketch.tool === "pick" && sketch.grab(place(event), reach())) event.preventDefault(); // the map stays where it is
  });
  const letGo = (): void => {
    if (!sketch.held) return;
    sketch.drop();
    tell();
  };
  map.on("mouseup", letGo);
  window.addEventListener("mouseup", letGo);
  map.on("move", () => {
    if (cross && !options.cross.hidden) showCross();
  });

  const step = (dx: number, dy: number): void => {
    const { clientWidth: wide, clientHeight: high } = element;
    cross ??= [wide / 2, high / 2];
    const next: [number, number] = [cross[0] + dx, cross[1] + dy];
    const inside: [number, number] = [Math.max(MARGIN, Math.min(wide - MARGIN, next[0])), Math.max(MARGIN, Math.min(high - MARGIN, next[1]))];
    if (inside[0] !== next[0] || inside[1] !== next[1]) map.panBy([next[0] - inside[0], next[1] - inside[1]], { animate: false });
    cross = inside;
    stood = false;
    options.cross.hidden = false;
    showCross();
    if (sketch.held && hand) {
      sketch.drag(hand, reach());
      paint();
    } else {
      paintTrace();
    }
  };
  const set = (): void => {
    if (!cross) step(0, 0);
    const at = hand!;
    if (sketch.held) sketch.drop();
    else if (sketch.tool === "pick") {
      if (!sketch.grab(at, reach())) sketch.point(at, reach());
    } else if (stood && sketch.trace.length) return tell(sketch.finish());
    else {
      const refused = sketch.point(at, reach());
      stood = true;
      return tell(refused);
    }
    tell();
  };

  void map.once("load", () => {
    put("draw-before", before);
    put("draw-houses", houses.map(([lon, lat]) => mark([lon, lat])));
    tell();
    element.dataset["ready"] = "true";
  });
  // The places of what is on screen, for tests that use a mouse.
  map.on("idle", () => (element.dataset["bounds"] = map.getBounds().toArray().flat().join(",")));

  return {
    key(name, far) {
      const by = far ? FAR : STEP;
      const arrows: Record<string, [number, number]> = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] };
      if (arrows[name]) step(...arrows[name]);
      else if (name === "Enter" || name === " ") set();
      else if (name === "Backspace" && sketch.trace.length) (sketch.back(), tell());
      else if (name === "Escape") (sketch.cancel(), tell());
      else if (name === "Delete" && sketch.selected >= 0 && !sketch.trace.length) (sketch.remove(sketch.selected), tell());
      else if (name === "+" || name === "=") map.zoomIn({ animate: false });
      else if (name === "-") map.zoomOut({ animate: false });
      else return false;
      return true;
    },
    take(tool: Tool) {
      sketch.take(tool);
      stood = false;
      tell();
    },
    back: () => (sketch.back(), tell()),
    finish: () => tell(sketch.finish()),
    undo: () => (sketch.undo(), tell()),
    select(i) {
      sketch.selected = i;
      tell();
    },
    describe: (i, name, kind) => (sketch.describe(i, name, kind), tell()),
    drop: (i) => (sketch.remove(i), tell()),
    collection: () => sketch.collection,
    repaint() {
      map.setStyle(look() as never);
      void map.once("styledata", () => {
        put("draw-before", before);
        put("draw-houses", houses.map(([lon, lat]) => mark([lon, lat])));
        paint();
      });
    },
    remove() {
      window.removeEventListener("mouseup", letGo);
      map.remove();
    },
  };
}
