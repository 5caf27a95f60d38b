// The look of the map: our own geometry only, no glyph or sprite server; labels come from the device's own fonts.
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";

export const FONTS = '"PingFang SC", "HarmonyOS Sans SC", MiSans, "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';

export type Palette = Record<
  | "ground" | "line" | "ink" | "halo" | "road" | "building" | "buildingEdge"
  | "grid" | "special" | "community" | "selected"
  | "park" | "water" | "lit" | "light"
  | "quiet" | "blue" | "amber" | "red" | "green" | "dotText",
  string
>;

const NAMES: Record<keyof Palette, string> = {
  ground: "--map-ground",
  line: "--map-line",
  ink: "--map-ink",
  halo: "--map-halo",
  road: "--map-road",
  building: "--map-building",
  buildingEdge: "--map-building-edge",
  grid: "--map-grid",
  special: "--map-special",
  community: "--map-community",
  selected: "--map-selected",
  park: "--map-park",
  water: "--map-water",
  lit: "--map-lit",
  light: "--map-light",
  quiet: "--map-quiet",
  blue: "--map-blue",
  amber: "--map-amber",
  red: "--map-red",
  green: "--map-green",
  dotText: "--map-dot-text",
};

/** Colours of the theme in force, from the style sheet, so that the map follows the three themes. */
export function palette(element: HTMLElement): Palette {
  const style = getComputedStyle(element);
  return Object.fromEntries(
    Object.entries(NAMES).map(([name, variable]) => [name, style.getPropertyValue(variable).trim() || "#888888"]),
  ) as Palette;
}

const byTone = (p: Palette): unknown => [
  "match", ["get", "tone"], "red", p.red, "amber", p.amber, "green", p.green, "blue", p.blue, p.quiet,
];

/** A sign in the dot, so that colour does not stand alone. */
const SIGN = ["match", ["get", "tone"], "red", "!", "amber", "·", "green", "✓", "quiet", "Ⅱ", ""];

// A cluster shows the worst that is in it, and how much of it that is: "3/17", three of seventeen late.
const clusterWords = ["case", [">", ["get", "red"], 0], ["concat", ["to-string", ["get", "red"]], "/", ["to-string", ["get", "point_count_abbreviated"]]], ["to-string", ["get", "point_count_abbreviated"]]];
const clusterTone = (p: Palette): unknown => [
  "case", [">", ["get", "red"], 0], p.red, [">", ["get", "amber"], 0], p.amber, p.blue,
];

export type Lit = { kind: "building" | "compound"; id: string };

export type Given = {
  areas: boolean;
  buildings: boolean;
  roads: boolean;
  points: boolean;
  vector: string; // template of our own vector tiles; GeoJSON given beside it takes the place of one of their layers
  extrude: boolean; // whether buildings can stand up
  standing: boolean; // whether they do now
  lit: Lit | null;
  tiles: string;
  attribution: string;
};

const EMPTY = { type: "FeatureCollection", features: [] } as const;
const FLOOR = 3; // metres
// The zooms that wangge/foundation/places/tiles.py draws.
const COARSEST = 9;
const FINEST = 16;

const GRIDS = ["in", ["get", "kind"], ["literal", ["grid", "special"]]];
const isKind = (...kinds: string[]): unknown[] => ["in", ["get", "kind"], ["literal", kinds]];
const byId = ["to-string", ["coalesce", ["id"], ["get", "id"]]];

/** The colour of buildings; what is lit stands out. */
export function buildingColour(p: Palette, lit: Lit | null): unknown {
  if (!lit) return p.building;
  const it = lit.kind === "building" ? byId : ["to-string", ["coalesce", ["get", "compound"], ""]];
  return ["case", ["==", it, lit.id], p.lit, p.building];
}

/** The filter of the name that is written large over what is lit. */
export function litName(lit: Lit | null): unknown[] {
  return ["all", ["==", ["get", "kind"], lit?.kind ?? ""], ["==", byId, lit?.id ?? ""]];
}

type From = { source: string; "source-layer"?: string };

/** Where a layer's features come from: GeoJSON when the page gave some, else our own tiles, else nowhere. */
function from(given: Given, name: "areas" | "buildings" | "roads", layer: string): From | null {
  if (given[name]) return { source: name };
  return given.vector ? { source: "own", "source-layer": layer } : null;
}

/** The whole style; layers are named so that `repaint` can go through them again after a change of theme. */
export function style(p: Palette, given: Given): StyleSpecification {
  const sources: StyleSpecification["sources"] = {};
  const layers: unknown[] = [{ id: "ground", type: "background", paint: { "background-color": p.ground } }];
  if (given.tiles) {
    sources["tiles"] = { type: "raster", tiles: [given.tiles], tileSize: 256, attribution: given.attribution };
    layers.push({ id: "tiles", type: "raster", source: "tiles", paint: { "raster-opacity": 0.85 } });
  }
  if (given.vector) sources["own"] = { type: "vector", tiles: [given.vector], minzoom: COARSEST, maxzoom: FINEST };
  for (const name of ["areas", "buildings", "roads"] as const) if (given[name]) sources[name] = { type: "geojson", data: EMPTY };
  const areas = from(given, "areas", "area");
  const ground = from(given, "roads", "ground");
  const buildings = from(given, "buildings", "building");
  if (areas) layers.push(...areaFills(p, areas, given.tiles !== ""));
  if (given.vector) {
    layers.push({
      id: "compound-ground", type: "fill", source: "own", "source-layer": "compound",
      paint: { "fill-color": p.community, "fill-opacity": 0.06 },
    });
  }
  if (ground) layers.push(...groundLayers(p, ground));
  if (buildings) {
    layers.push({
      id: "building", type: "fill", ...buildings, minzoom: 13.5,
      paint: { "fill-color": buildingColour(p, given.lit), "fill-outline-color": p.buildingEdge },
    });
  }
  if (areas) layers.push(...areaLines(p, areas));
  if (buildings && given.extrude) {
    layers.push({
      id: "building-3d", type: "fill-extrusion", ...buildings, minzoom: 13.5, layout: { visibility: given.standing ? "visible" : "none" },
      paint: {
        "fill-extrusion-color": buildingColour(p, given.lit), "fill-extrusion-opacity": 0.94, "fill-extrusion-vertical-gradient": true,
        "fill-extrusion-height": ["*", ["coalesce", ["get", "floors"], 2], FLOOR],
      },
    });
  }
  if (ground) {
    layers.push({
      id: "road-name", type: "symbol", ...ground, minzoom: 14, filter: ["all", ["has", "name"], ["!", isKind("water", "green")]],
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 12 }, paint: words(p),
    });
  }
  // Names of areas are points in the tiles, and lie inside the polygon where the page gave its own.
  const named: From | null = given.areas ? { source: "areas" } : given.vector ? { source: "own", "source-layer": "label" } : null;
  if (named) layers.push(...areaNames(p, named));
  if (given.vector) layers.push(...houseNames(p, given.lit, given.extrude && given.standing));
  if (given.points) {
    sources["points"] = {
      type: "geojson", data: EMPTY, promoteId: "id", cluster: true, clusterRadius: 42, clusterMaxZoom: 16,
      clusterProperties: {
        red: ["+", ["case", ["==", ["get", "tone"], "red"], 1, 0]],
        amber: ["+", ["case", ["==", ["get", "tone"], "amber"], 1, 0]],
      },
    };
    layers.push(...pointLayers(p));
  }
  const light = { anchor: "viewport", color: p.light, intensity: 0.35, position: [1.3, 200, 35] } as const;
  return { version: 8, light: light as never, sources, layers: layers as LayerSpecification[] };
}

const words = (p: Palette): Record<string, unknown> => ({ "text-color": p.ink, "text-halo-color": p.halo, "text-halo-width": 1.6 });

function areaFills(p: Palette, areas: From, overTiles: boolean): unknown[] {
  return [
    {
      id: "area-fill", type: "fill", ...areas, filter: GRIDS,
      paint: {
        "fill-color": ["match", ["get", "kind"], "special", p.special, p.grid],
        "fill-opacity": overTiles ? 0.12 : ["match", ["get", "kind"], "special", 0.55, 0.5],
      },
    },
    {
      id: "compound-fill", type: "fill", ...areas, filter: isKind("compound"),
      paint: { "fill-color": p.community, "fill-opacity": 0.08 },
    },
  ];
}

function groundLayers(p: Palette, ground: From): unknown[] {
  const wide = (at12: number, at15: number, at18: number): unknown => ["interpolate", ["exponential", 1.6], ["zoom"], 12, at12, 15, at15, 18, at18];
  const byRank = (main: unknown, lane: unknown): unknown => ["match", ["get", "rank"], 2, lane, 3, lane, main];
  return [
    { id: "green", type: "fill", ...ground, filter: isKind("green"), paint: { "fill-color": p.park, "fill-opacity": 0.9 } },
    { id: "water", type: "fill", ...ground, filter: isKind("water"), paint: { "fill-color": p.water } },
    {
      id: "railway", type: "line", ...ground, filter: isKind("railway"),
      paint: { "line-color": p.line, "line-width": wide(1.2, 2.5, 6), "line-dasharray": [4, 3] },
    },
    {
      id: "road", type: "line", ...ground, filter: ["!", isKind("green", "water", "railway")], layout: { "line-cap": "round", "line-join": "round" },
      paint: {
        "line-color": p.road,
        "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 12, byRank(1.4, 0.6), 15, byRank(5, 3), 18, byRank(22, 13)],
      },
    },
    {
      id: "nature-name", type: "symbol", ...ground, minzoom: 14.5, filter: ["all", isKind("water", "green"), ["!=", ["get", "name"], ""]],
      layout: { "text-field": ["get", "name"], "text-size": 12, "text-max-width": 7 }, paint: words(p),
    },
  ];
}

function areaLines(p: Palette, areas: From): unknown[] {
  return [
    {
      id: "grid-line", type: "line", ...areas, minzoom: 12, filter: GRIDS,
      paint: { "line-color": p.line, "line-width": ["interpolate", ["linear"], ["zoom"], 12, 0.6, 16, 1.6], "line-dasharray": [3, 2] },
    },
    {
      id: "community-line", type: "line", ...areas, filter: isKind("community"),
      paint: { "line-color": p.community, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1, 16, 2.6] },
    },
  ];
}

function areaNames(p: Palette, named: From): unknown[] {
  return [
    {
      id: "grid-name", type: "symbol", ...named, minzoom: 14.2, maxzoom: 16.8, filter: GRIDS,
      layout: { "text-field": ["get", "name"], "text-size": 12, "text-max-width": 8, "text-padding": 6 }, paint: words(p),
    },
    {
      id: "community-name", type: "symbol", ...named, maxzoom: 15.2, filter: isKind("community"),
      layout: { "text-field": ["get", "name"], "text-size": ["interpolate", ["linear"], ["zoom"], 12, 12, 15, 16], "text-padding": 4 },
      paint: { ...words(p), "text-color": p.community },
    },
  ];
}

const STEPS = [1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 22, 28, 33];
// One floor (3 m) seen at 52°, in pixels of zoom 16 at 35° north; it doubles with every zoom.
const FLOOR_PX = 2.4;

/** Lifts a name from the ground onto the roof of its house. `size` is that of the text in pixels. */
export function onRoof(standing: boolean, size: number): unknown {
  if (!standing) return [0, 0];
  const at = (zoom: number): unknown => {
    const em = (floors: number): unknown[] => ["literal", [0, -Number(((floors * FLOOR_PX * 2 ** (zoom - 16)) / size).toFixed(2))]];
    return ["step", ["coalesce", ["get", "floors"], 0], em(0), ...STEPS.flatMap((floors) => [floors, em(floors)])];
  };
  return ["interpolate", ["exponential", 2], ["zoom"], 16, at(16), 20, at(20)];
}

export const NAMED = { "house-name": 12, "lit-name": 17 } as const;

function houseNames(p: Palette, lit: Lit | null, standing: boolean): unknown[] {
  const labels = { source: "own", "source-layer": "label" };
  return [
    {
      id: "house-name", type: "symbol", ...labels, minzoom: 16.4, filter: isKind("building"),
      layout: { "text-field": ["get", "name"], "text-size": NAMED["house-name"], "text-offset": onRoof(standing, NAMED["house-name"]), "text-max-width": 6, "text-padding": 3 }, paint: words(p),
    },
    {
      id: "compound-name", type: "symbol", ...labels, minzoom: 15, filter: isKind("compound"),
      layout: { "text-field": ["get", "name"], "text-size": ["interpolate", ["linear"], ["zoom"], 15, 12, 18, 16], "text-max-width": 8, "text-padding": 4 },
      paint: { ...words(p), "text-color": p.community, "text-halo-width": 2 },
    },
    {
      id: "lit-name", type: "symbol", ...labels, filter: litName(lit),
      layout: { "text-field": ["get", "name"], "text-size": NAMED["lit-name"], "text-offset": onRoof(standing, NAMED["lit-name"]), "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { ...words(p), "text-color": p.lit, "text-halo-width": 2.4 },
    },
  ];
}

function pointLayers(p: Palette): unknown[] {
  return [
    {
      id: "cluster", type: "circle", source: "points", filter: ["has", "point_count"],
      paint: {
        "circle-color": clusterTone(p), "circle-stroke-color": p.halo, "circle-stroke-width": 2.5,
        "circle-radius": ["step", ["get", "point_count"], 15, 10, 19, 50, 24],
      },
    },
    {
      id: "cluster-count", type: "symbol", source: "points", filter: ["has", "point_count"],
      layout: { "text-field": clusterWords, "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": p.dotText },
    },
    {
      id: "point-selected", type: "circle", source: "points", filter: ["==", ["get", "id"], ""],
      paint: { "circle-radius": 17, "circle-color": p.selected, "circle-opacity": 0.25, "circle-stroke-color": p.selected, "circle-stroke-width": 2 },
    },
    {
      id: "point", type: "circle", source: "points", filter: ["!", ["has", "point_count"]],
      paint: {
        "circle-color": byTone(p), "circle-stroke-color": p.halo, "circle-stroke-width": 2,
        "circle-radius": ["match", ["get", "tone"], "red", 10, "amber", 9, 8],
      },
    },
    {
      id: "point-sign", type: "symbol", source: "points", filter: ["!", ["has", "point_count"]],
      layout: { "text-field": SIGN, "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true }, paint: { "text-color": p.dotText },
    },
  ];
}
