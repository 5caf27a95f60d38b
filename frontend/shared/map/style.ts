// The look of the map: our own geometry only, no glyph or sprite server; labels come from the device's own fonts.
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";

export type Palette = Record<
  | "ground" | "line" | "ink" | "halo" | "road" | "building" | "buildingEdge"
  | "grid" | "special" | "community" | "selected"
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

// A cluster shows the worst that is in it.
const clusterTone = (p: Palette): unknown => [
  "case", [">", ["get", "red"], 0], p.red, [">", ["get", "amber"], 0], p.amber, p.blue,
];

export type Given = {
  areas: boolean;
  buildings: boolean;
  roads: boolean;
  points: boolean;
  extrude: boolean;
  tiles: string;
  attribution: string;
};

const EMPTY = { type: "FeatureCollection", features: [] } as const;

/** The whole style; layers are named so that `repaint` can go through them again after a change of theme. */
export function style(p: Palette, given: Given): StyleSpecification {
  const sources: StyleSpecification["sources"] = {};
  const layers: unknown[] = [{ id: "ground", type: "background", paint: { "background-color": p.ground } }];
  if (given.tiles) {
    sources["tiles"] = { type: "raster", tiles: [given.tiles], tileSize: 256, attribution: given.attribution };
    layers.push({ id: "tiles", type: "raster", source: "tiles", paint: { "raster-opacity": 0.85 } });
  }
  if (given.areas) {
    sources["areas"] = { type: "geojson", data: EMPTY };
    layers.push(
      {
        id: "area-fill", type: "fill", source: "areas",
        filter: ["in", ["get", "kind"], ["literal", ["grid", "special"]]],
        paint: {
          "fill-color": ["match", ["get", "kind"], "special", p.special, p.grid],
          "fill-opacity": given.tiles ? 0.12 : ["match", ["get", "kind"], "special", 0.55, 0.5],
        },
      },
      {
        id: "compound-fill", type: "fill", source: "areas", filter: ["==", ["get", "kind"], "compound"],
        paint: { "fill-color": p.community, "fill-opacity": 0.08 },
      },
    );
  }
  if (given.roads) {
    sources["roads"] = { type: "geojson", data: EMPTY };
    layers.push({
      id: "road", type: "line", source: "roads", layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": p.road, "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 12, 1, 15, 4, 18, 18] },
    });
  }
  if (given.buildings) {
    sources["buildings"] = { type: "geojson", data: EMPTY };
    layers.push(
      given.extrude
        ? {
            id: "building", type: "fill-extrusion", source: "buildings", minzoom: 13.5,
            paint: {
              "fill-extrusion-color": p.building, "fill-extrusion-opacity": 0.92,
              "fill-extrusion-height": ["*", ["coalesce", ["get", "floors"], 3], 3],
            },
          }
        : {
            id: "building", type: "fill", source: "buildings", minzoom: 13.5,
            paint: { "fill-color": p.building, "fill-outline-color": p.buildingEdge },
          },
    );
  }
  if (given.areas) layers.push(...areaLines(p));
  if (given.roads) {
    layers.push({
      id: "road-name", type: "symbol", source: "roads", minzoom: 14,
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 12 },
      paint: { "text-color": p.ink, "text-halo-color": p.halo, "text-halo-width": 1.5 },
    });
  }
  if (given.areas) layers.push(...areaNames(p));
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
  return { version: 8, sources, layers: layers as LayerSpecification[] };
}

function areaLines(p: Palette): unknown[] {
  return [
    {
      id: "grid-line", type: "line", source: "areas", minzoom: 12,
      filter: ["in", ["get", "kind"], ["literal", ["grid", "special"]]],
      paint: { "line-color": p.line, "line-width": ["interpolate", ["linear"], ["zoom"], 12, 0.6, 16, 1.6], "line-dasharray": [3, 2] },
    },
    {
      id: "community-line", type: "line", source: "areas", filter: ["==", ["get", "kind"], "community"],
      paint: { "line-color": p.community, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1, 16, 2.6] },
    },
  ];
}

function areaNames(p: Palette): unknown[] {
  const words = { "text-color": p.ink, "text-halo-color": p.halo, "text-halo-width": 1.6 };
  return [
    {
      id: "grid-name", type: "symbol", source: "areas", minzoom: 14.2,
      filter: ["in", ["get", "kind"], ["literal", ["grid", "special"]]],
      layout: { "text-field": ["get", "name"], "text-size": 12, "text-max-width": 8, "text-padding": 6 }, paint: words,
    },
    {
      id: "community-name", type: "symbol", source: "areas", maxzoom: 15.2, filter: ["==", ["get", "kind"], "community"],
      layout: { "text-field": ["get", "name"], "text-size": ["interpolate", ["linear"], ["zoom"], 12, 12, 15, 16], "text-padding": 4 },
      paint: { ...words, "text-color": p.community },
    },
  ];
}

function pointLayers(p: Palette): unknown[] {
  return [
    {
      id: "cluster", type: "circle", source: "points", filter: ["has", "point_count"],
      paint: {
        "circle-color": clusterTone(p), "circle-stroke-color": p.halo, "circle-stroke-width": 2.5,
        "circle-radius": ["step", ["get", "point_count"], 14, 10, 18, 50, 23],
      },
    },
    {
      id: "cluster-count", type: "symbol", source: "points", filter: ["has", "point_count"],
      layout: { "text-field": ["to-string", ["get", "point_count_abbreviated"]], "text-size": 13, "text-allow-overlap": true, "text-ignore-placement": true },
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
