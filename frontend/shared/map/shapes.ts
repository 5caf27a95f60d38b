// Grids being drawn: plain geometry in degrees, no map. Borders that are not touched keep their last digit.

export type Point = [number, number];
export type Ring = Point[]; // without the closing point
export type Kind = "basic" | "special";

/** A grid: `polygons` each with an outer ring and its holes. What `cuts` takes its ground from those it lies over. */
export type Shape = { code: string; name: string; kind: Kind; cuts: boolean; polygons: Ring[][] };

type Geometry = { type: "Polygon"; coordinates: number[][][] } | { type: "MultiPolygon"; coordinates: number[][][][] };
export type Feature = { type: "Feature"; geometry: Geometry; properties: { code?: string; name?: string; kind?: string; cuts?: boolean } };
export type Collection = { type: "FeatureCollection"; features: Feature[] };
/** A house: where it stands and how many households live in it. */
export type House = [number, number, number];

const SAME = 1e-7; // degrees: a centimetre
const ON = 2e-7;

export const same = (a: Point, b: Point): boolean => Math.abs(a[0] - b[0]) < SAME && Math.abs(a[1] - b[1]) < SAME;

const flat = (lat: number): number => Math.cos((lat * Math.PI) / 180);

/** How far apart two points are, in degrees of latitude. */
export function apart(a: Point, b: Point): number {
  return Math.hypot((a[0] - b[0]) * flat(a[1]), a[1] - b[1]);
}

/** The point of the edge a–b that is nearest to p. */
export function nearest(p: Point, a: Point, b: Point): Point {
  const k = flat(p[1]);
  const [dx, dy] = [(b[0] - a[0]) * k, b[1] - a[1]];
  const length = dx * dx + dy * dy;
  if (length === 0) return a;
  const t = Math.max(0, Math.min(1, ((p[0] - a[0]) * k * dx + (p[1] - a[1]) * dy) / length));
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
}

const edges = (ring: Ring): [Point, Point][] => ring.map((point, i) => [point, ring[(i + 1) % ring.length]!]);
const ringsOf = (shapes: Shape[]): Ring[] => shapes.flatMap((shape) => shape.polygons.flat());

export function inRing([x, y]: Point, ring: Ring): boolean {
  let inside = false;
  for (const [[ax, ay], [bx, by]] of edges(ring)) {
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

export function inShape(point: Point, shape: Shape): boolean {
  return shape.polygons.some(([outer, ...holes]) => inRing(point, outer!) && !holes.some((hole) => inRing(point, hole)));
}

/** Twice the area with its sign, in square degrees. */
export function turn(ring: Ring): number {
  return edges(ring).reduce((sum, [a, b]) => sum + (a[0] * b[1] - b[0] * a[1]), 0);
}

const side = (a: Point, b: Point, c: Point): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

/** Where two edges cross: how far along the first, and the point; null where they do not. */
export function crossing(a: Point, b: Point, c: Point, d: Point): { t: number; point: Point } | null {
  const whole = (b[0] - a[0]) * (d[1] - c[1]) - (b[1] - a[1]) * (d[0] - c[0]);
  if (Math.abs(whole) < 1e-18) return null;
  const t = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / whole;
  const u = ((c[0] - a[0]) * (b[1] - a[1]) - (c[1] - a[1]) * (b[0] - a[0])) / whole;
  if (t < 0 || t > 1 || u < 0 || u > 1) return null;
  return { t, point: [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])] };
}

/** Whether an outline crosses itself. */
export function crossesItself(ring: Ring): boolean {
  const all = edges(ring);
  return all.some(([a, b], i) =>
    all.some(([c, d], j) => {
      if (j <= i + 1 || (i === 0 && j === all.length - 1)) return false;
      return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
    }),
  );
}

/** The nearest corner within reach (degrees of latitude), else the nearest place on a border, else the point itself. */
export function snap(point: Point, shapes: Shape[], reach: number, own: Point[] = []): { point: Point; held: boolean } {
  let best = reach;
  let found: Point | null = null;
  const rings = ringsOf(shapes);
  for (const corner of [...own, ...rings.flat()]) {
    const far = apart(corner, point);
    if (far <= best) [best, found] = [far, corner];
  }
  if (found) return { point: found, held: true };
  for (const ring of rings) {
    for (const [a, b] of edges(ring)) {
      const on = nearest(point, a, b);
      const far = apart(on, point);
      if (far <= best) [best, found] = [far, on];
    }
  }
  return { point: found ?? point, held: found !== null };
}

/** Put a corner into every border that runs through it, so that neighbours stay together when it is moved. */
export function pin(shapes: Shape[], corner: Point): void {
  for (const ring of ringsOf(shapes)) {
    if (ring.some((point) => same(point, corner))) continue;
    const at = edges(ring).findIndex(([a, b]) => apart(nearest(corner, a, b), corner) < ON);
    if (at >= 0) ring.splice(at + 1, 0, [...corner]);
  }
}

/** Move a corner in every border that has it. */
export function move(shapes: Shape[], from: Point, to: Point): void {
  for (const ring of ringsOf(shapes)) {
    ring.forEach((point, i) => {
      if (same(point, from)) ring[i] = [...to];
    });
  }
}

/** A line a little longer at both ends: an end that was caught on a border goes through it. */
function longer(line: Point[]): Point[] {
  const beyond = (end: Point, before: Point): Point => {
    const far = apart(end, before) || 1;
    return [end[0] + ((end[0] - before[0]) / far) * ON, end[1] + ((end[1] - before[1]) / far) * ON];
  };
  if (line.length < 2) return line;
  return [beyond(line[0]!, line[1]!), ...line.slice(1, -1), beyond(line.at(-1)!, line.at(-2)!)];
}

/** A ring cut along a line that crosses it exactly twice: the two parts; null for any other line. */
export function cutRing(ring: Ring, line: Point[]): [Ring, Ring] | null {
  const hits: { leg: number; t: number; edge: number; point: Point }[] = [];
  line.slice(1).forEach((end, leg) => {
    edges(ring).forEach(([a, b], edge) => {
      const found = crossing(line[leg]!, end, a, b);
      if (found && !hits.some((hit) => same(hit.point, found.point))) hits.push({ leg, edge, ...found });
    });
  });
  if (hits.length !== 2) return null;
  hits.sort((a, b) => a.leg - b.leg || a.t - b.t);
  const [first, last] = hits as [(typeof hits)[0], (typeof hits)[0]];
  const between = line.slice(first.leg + 1, last.leg + 1).filter((point) => !same(point, first.point) && !same(point, last.point));
  const along = (from: typeof first, to: typeof first): Ring => {
    const found: Ring = [];
    if (from.edge === to.edge && apart(ring[from.edge]!, from.point) <= apart(ring[from.edge]!, to.point)) return found;
    for (let i = (from.edge + 1) % ring.length; ; i = (i + 1) % ring.length) {
      found.push(ring[i]!);
      if (i === to.edge) return found;
    }
  };
  const tidy = (points: Ring): Ring => points.filter((point, i) => !same(point, points[(i + 1) % points.length]!));
  const one = tidy([first.point, ...between, last.point, ...along(last, first)]);
  const other = tidy([last.point, ...[...between].reverse(), first.point, ...along(first, last)]);
  return one.length > 2 && other.length > 2 ? [one, other] : null;
}

/** A grid cut along a line: the larger part keeps code and name. Null where the line does not go through exactly once. */
export function split(shape: Shape, drawn: Point[], name: string): [Shape, Shape] | null {
  const line = longer(drawn);
  for (const [n, [outer, ...holes]] of shape.polygons.entries()) {
    const parts = cutRing(outer!, line);
    if (!parts || holes.some((hole) => cutRing(hole, line))) continue;
    const [large, small] = parts.sort((a, b) => Math.abs(turn(b)) - Math.abs(turn(a))) as [Ring, Ring];
    const within = (ring: Ring): Ring[] => holes.filter((hole) => inRing(hole[0]!, ring));
    const others = shape.polygons.filter((_polygon, i) => i !== n);
    return [
      { ...shape, polygons: [[large, ...within(large)], ...others] },
      { code: "", name, kind: shape.kind, cuts: false, polygons: [[small, ...within(small)]] },
    ];
  }
  return null;
}

/** How many buildings and households stand in a grid. */
export function within(shape: Shape, houses: House[]): { buildings: number; households: number } {
  const held = houses.filter(([lon, lat]) => inShape([lon, lat], shape));
  return { buildings: held.length, households: held.reduce((sum, house) => sum + house[2], 0) };
}

const opened = (ring: number[][]): Ring => ring.slice(0, -1).map(([lon, lat]) => [lon!, lat!]);
const closed = (ring: Ring): number[][] => [...ring, ring[0]!];

export function read(collection: Collection): Shape[] {
  return collection.features.map(({ geometry, properties }) => ({
    code: properties.code ?? "",
    name: properties.name ?? "",
    kind: properties.kind === "special" ? "special" : "basic",
    cuts: properties.cuts === true,
    polygons: (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates).map((polygon) => polygon.map(opened)),
  }));
}

export function write(shapes: Shape[]): Collection {
  return {
    type: "FeatureCollection",
    features: shapes.map(({ code, name, kind, cuts, polygons }) => ({
      type: "Feature",
      properties: { code, name, kind, cuts },
      geometry:
        polygons.length === 1
          ? { type: "Polygon", coordinates: polygons[0]!.map(closed) }
          : { type: "MultiPolygon", coordinates: polygons.map((polygon) => polygon.map(closed)) },
    })),
  };
}
