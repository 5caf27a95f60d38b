// Where one stands, without a network: the grid by its border, the nearest building, by what the phone holds.

export interface Here {
  lon: number;
  lat: number;
  /** Metres. */
  accuracy: number;
}

type Ring = [number, number][];
export type Border = { type: "Polygon"; coordinates: Ring[] } | { type: "MultiPolygon"; coordinates: Ring[][] };

interface Spot {
  id: number;
  name: string;
  lon: number | null;
  lat: number | null;
}

export interface Area extends Spot {
  community: number | null;
  community_name: string;
  boundary: Border | null;
}

export interface Compound extends Spot {
  community: number;
  address: string;
}

export interface Building extends Spot {
  compound: number | null;
  grid: number | null;
  address: string;
}

export interface Found {
  area: Area | null;
  building: Building | null;
  compound: Compound | null;
}

const NEAR_BUILDING = 60; // m from a building's centre
const DEGREE = 111_320; // m of latitude

/** Metres between two positions some kilometres apart at most. */
export function metres(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const x = (a.lon - b.lon) * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot(x, a.lat - b.lat) * DEGREE;
}

function inRing(ring: Ring, lon: number, lat: number): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [x1, y1] = ring[i]!;
    const [x2, y2] = ring[j]!;
    if (y1 > lat !== y2 > lat && lon < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

/** Whether a position lies within a border and in none of its holes. */
export function inside(border: Border | null, lon: number, lat: number): boolean {
  if (!border) return false;
  const parts = border.type === "Polygon" ? [border.coordinates] : border.coordinates;
  return parts.some(([outer, ...holes]) => outer && inRing(outer, lon, lat) && !holes.some((hole) => inRing(hole, lon, lat)));
}

/** The nearest of `spots` that is not further than `within` metres. */
export function nearest<T extends Spot>(spots: T[], here: { lon: number; lat: number }, within: number): T | null {
  let best: T | null = null;
  let least = within;
  for (const spot of spots) {
    if (spot.lon === null || spot.lat === null) continue;
    const far = metres(here, { lon: spot.lon, lat: spot.lat });
    if (far <= least) [best, least] = [spot, far];
  }
  return best;
}

/** What is at a position, of the grids on duty; no grid outside them. */
export function placeAt(here: Here, areas: Area[], compounds: Compound[], buildings: Building[]): Found {
  const area = areas.find((one) => inside(one.boundary, here.lon, here.lat)) ?? null;
  const building = area ? nearest(buildings, here, NEAR_BUILDING) : null;
  const compound = compounds.find((one) => one.id === building?.compound) ?? null;
  return { area, building, compound };
}

/** "家属院3号楼", "家属院", "第一网格": the narrowest that is known. */
export function placeWords({ area, building, compound }: Found): string {
  if (building) return `${compound?.name ?? ""}${building.name}`;
  return compound?.name ?? area?.name ?? "";
}

export type NoPosition = "denied" | "failed";

const TIME_OUT = 12_000; // ms
const OLDEST = 30_000; // ms: a position of the same half minute is good enough

/** One position, asked for once and never watched. */
export function position(): Promise<Here | NoPosition> {
  return new Promise((done) => {
    if (!navigator.geolocation) {
      done("failed");
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done({ lon: coords.longitude, lat: coords.latitude, accuracy: Math.round(coords.accuracy) }),
      (error) => done(error.code === error.PERMISSION_DENIED ? "denied" : "failed"),
      { enableHighAccuracy: true, timeout: TIME_OUT, maximumAge: OLDEST },
    );
  });
}
