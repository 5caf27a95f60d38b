// The lazily loaded part of the map (map.js): MapLibre with our own style.
import { LngLatBounds, Map as LibreMap, Marker, NavigationControl, AttributionControl, setWorkerUrl } from "maplibre-gl";
import type { GeoJSONSource, MapMouseEvent } from "maplibre-gl";
import type { Handle, Options, Target } from "./contract";
export { draw } from "./drawing";
import { FONTS, NAMED, buildingColour, litName, onRoof, palette, style, type Given, type Lit } from "./style";

const TILT = 52; // degrees
const CLOSE = 17.4; // zoom at which one building fills a good part of the screen

type Collection = { type: "FeatureCollection"; features: { geometry: { coordinates: unknown } | null }[] };

/** GeoJSON from an address, or from a json_script element of this page ("#id"). */
async function read(from: string, signal?: AbortSignal): Promise<Collection> {
  if (from.startsWith("#")) return JSON.parse(document.querySelector(from)?.textContent ?? "null") as Collection;
  const answer = await fetch(from, { headers: { Accept: "application/json" }, credentials: "same-origin", ...(signal ? { signal } : {}) });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as Collection;
}

function around(collection: Collection): LngLatBounds {
  const bounds = new LngLatBounds();
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number" && typeof part[1] === "number") bounds.extend([part[0], part[1]]);
    else for (const inner of part) walk(inner);
  };
  for (const feature of collection.features) walk(feature.geometry?.coordinates);
  return bounds;
}

function numbers(text: string): number[] {
  return text.split(",").map(Number).filter(Number.isFinite);
}

export function mount(element: HTMLElement, options: Options): Handle {
  setWorkerUrl(options.worker);
  const given: Given = {
    areas: options.areas !== "",
    buildings: options.buildings !== "",
    roads: options.roads !== "",
    points: options.points !== "",
    vector: options.vector,
    extrude: options.extrude,
    standing: options.extrude,
    lit: options.lit,
    tiles: options.tiles,
    attribution: options.attribution,
  };
  const box = numbers(options.bounds);
  const center = numbers(options.center);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = new LibreMap({
    container: element,
    style: style(palette(element), given),
    ...(box.length === 4
      ? { bounds: [box[0]!, box[1]!, box[2]!, box[3]!] as [number, number, number, number], fitBoundsOptions: { padding: 24 } }
      : { center: (options.pinned ?? (center.length === 2 ? center : [116, 35])) as [number, number], zoom: options.zoom }),
    pitch: options.extrude ? TILT : 0,
    maxPitch: 70,
    maxZoom: 19.5,
    attributionControl: false,
    localIdeographFontFamily: FONTS,
    // One finger scrolls the page, two move the map: a report form must never trap the thumb.
    cooperativeGestures: options.pick && window.matchMedia("(pointer: coarse)").matches,
    fadeDuration: still ? 0 : 200,
    locale: { "Map.Title": options.texts.title, "NavigationControl.ZoomIn": options.texts.zoomin, "NavigationControl.ZoomOut": options.texts.zoomout, "NavigationControl.ResetBearing": options.texts.north },
  });
  map.addControl(new NavigationControl({ showCompass: options.extrude, visualizePitch: options.extrude }), "top-right");
  if (options.attribution) map.addControl(new AttributionControl({ compact: true }));

  let selected = options.selected;
  let marker: Marker | null = null;
  let request: AbortController | null = null;
  const held: Record<string, Collection> = {};

  const put = (name: string, data: Collection): void => {
    held[name] = data;
    (map.getSource(name) as GeoJSONSource | undefined)?.setData(data as never);
  };
  const mark = (): void => {
    if (given.points && map.getLayer("point-selected")) map.setFilter("point-selected", ["all", ["has", "id"], ["==", ["to-string", ["get", "id"]], selected]]);
  };
  const fetchPoints = async (): Promise<void> => {
    request?.abort();
    request = new AbortController();
    let url = options.points;
    if (options.bbox) {
      const b = map.getBounds();
      const query = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((value) => value.toFixed(6)).join(",");
      url += `${url.includes("?") ? "&" : "?"}bbox=${query}`;
    }
    try {
      put("points", await read(url, request.signal));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) options.onTrouble();
    }
  };

  void map.once("load", async () => {
    mark();
    const layers = (["areas", "buildings", "roads"] as const).filter((name) => options[name]);
    await Promise.all(
      layers.map(async (name) => {
        try {
          const data = await read(options[name]);
          put(name, data);
          if (name === "areas" && box.length !== 4 && center.length !== 2 && !options.pinned) {
            map.fitBounds(around(data), { padding: 24, animate: false });
          }
        } catch {
          options.onTrouble();
        }
      }),
    );
    if (options.points) {
      await fetchPoints();
      if (options.bbox) map.on("moveend", () => void fetchPoints());
    }
    element.dataset["ready"] = "true";
  });

  const housesShown = (): string[] => ["building-3d", "building"].filter((name) => map.getLayer(name));
  const light = (lit: Lit | null): void => {
    given.lit = lit;
    const colours = palette(element);
    if (map.getLayer("building")) map.setPaintProperty("building", "fill-color", buildingColour(colours, lit) as never);
    if (map.getLayer("building-3d")) map.setPaintProperty("building-3d", "fill-extrusion-color", buildingColour(colours, lit) as never);
    if (map.getLayer("lit-name")) map.setFilter("lit-name", litName(lit) as never);
  };
  // Says what is lit and on screen, once the map stands still: for the eyes of tests and of style sheets.
  map.on("idle", () => {
    const lit = given.lit;
    const of = lit?.kind === "compound" ? ["get", "compound"] : ["id"];
    const layers = housesShown();
    const there = lit && layers.length ? map.queryRenderedFeatures({ layers, filter: ["==", ["to-string", of], lit.id] as never }) : [];
    element.dataset["lit"] = lit && there.length ? `${lit.kind}:${lit.id}` : "";
  });
  const fly = ({ kind, id, lon, lat, box: around }: Target): void => {
    light({ kind, id });
    const edges = numbers(around ?? "");
    const pitch = given.standing ? TILT : 0;
    if (edges.length === 4) {
      map.fitBounds([edges[0]!, edges[1]!, edges[2]!, edges[3]!] as [number, number, number, number], { padding: 48, pitch, maxZoom: CLOSE, animate: !still });
    } else if (still) {
      map.jumpTo({ center: [lon, lat], zoom: CLOSE, pitch });
    } else {
      map.flyTo({ center: [lon, lat], zoom: CLOSE, pitch, maxDuration: 2500 });
    }
  };

  const zoomInto = async (event: MapMouseEvent): Promise<boolean> => {
    if (!map.getLayer("cluster")) return false;
    const cluster = map.queryRenderedFeatures(event.point, { layers: ["cluster"] })[0];
    if (!cluster) return false;
    const zoom = await (map.getSource("points") as GeoJSONSource).getClusterExpansionZoom(Number(cluster.properties["cluster_id"]));
    const geometry = cluster.geometry as { coordinates: [number, number] };
    map.easeTo({ center: geometry.coordinates, zoom: zoom + 0.3, animate: !still });
    return true;
  };

  const pin = (lon: number, lat: number): void => {
    if (!marker) {
      const face = document.createElement("div");
      face.className = "wg-pin";
      face.setAttribute("role", "img");
      face.setAttribute("aria-label", options.texts.pin);
      marker = new Marker({ element: face, anchor: "bottom", draggable: options.pick });
      marker.on("dragend", () => {
        const at = marker?.getLngLat();
        if (at) options.onPick(at.lng, at.lat);
      });
      marker.setLngLat([lon, lat]).addTo(map);
    } else {
      marker.setLngLat([lon, lat]);
    }
    if (!map.getBounds().contains([lon, lat])) map.jumpTo({ center: [lon, lat] });
  };

  map.on("click", (event) => {
    void (async () => {
      if (await zoomInto(event)) return;
      const hit = map.getLayer("point") ? map.queryRenderedFeatures(event.point, { layers: ["point"] })[0] : undefined;
      if (hit && !options.pick) {
        // The id finds the address in our own data: names read back from tiles lose rare characters.
        const id = String(hit.properties["id"]);
        options.onOpen({ id, url: String(hit.properties["url"] ?? "") });
        return;
      }
      if (!options.pick && options.onBuilding) {
        const layers = housesShown();
        const house = layers.length ? map.queryRenderedFeatures(event.point, { layers })[0] : undefined;
        if (house?.id === undefined) return;
        light({ kind: "building", id: String(house.id) });
        options.onBuilding(String(house.id));
        return;
      }
      if (!options.pick) return;
      pin(event.lngLat.lng, event.lngLat.lat);
      options.onPick(event.lngLat.lng, event.lngLat.lat);
    })();
  });
  for (const layer of ["point", "cluster", ...(options.onBuilding && !options.pick ? ["building", "building-3d"] : [])]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  if (options.pick) map.getCanvas().classList.add("is-pick");
  if (options.pinned) pin(...options.pinned);

  return {
    pin,
    select(id) {
      selected = id;
      mark();
    },
    showPosition(lon, lat, metres) {
      // Zoom so that the circle of uncertainty stays in view: 156543 m per pixel at zoom 0 on the equator.
      const zoom = Math.log2((156_543 * Math.cos((lat * Math.PI) / 180) * 80) / Math.max(metres, 10));
      map.easeTo({ center: [lon, lat], zoom: Math.max(13, Math.min(18, zoom)), animate: !still });
    },
    fly,
    stand(up) {
      given.standing = up;
      if (map.getLayer("building-3d")) map.setLayoutProperty("building-3d", "visibility", up ? "visible" : "none");
      for (const [name, size] of Object.entries(NAMED)) if (map.getLayer(name)) map.setLayoutProperty(name, "text-offset", onRoof(up, size) as never);
      map.easeTo({ pitch: up ? TILT : 0, bearing: up ? map.getBearing() : 0, animate: !still });
    },
    repaint() {
      map.setStyle(style(palette(element), given));
      void map.once("styledata", () => {
        for (const [name, data] of Object.entries(held)) put(name, data);
        mark();
      });
    },
    remove() {
      request?.abort();
      map.remove();
    },
  };
}
