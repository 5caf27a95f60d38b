import { describe, expect, it } from "vitest";
import { crossesItself, cutRing, inShape, snap, split, turn, within, write, read, type Collection, type Point, type Ring, type Shape } from "./shapes";
import { Sketch } from "./sketch";

const square = (x: number, y: number, size = 0.01): Ring => [[x, y], [x + size, y], [x + size, y + size], [x, y + size]];
const shape = (code: string, ...rings: Ring[]): Shape => ({ code, name: code, kind: "basic", cuts: false, polygons: [rings] });
const two = (): Collection => write([shape("001", square(116, 35)), shape("002", square(116.01, 35))]);
const REACH = 0.0005;
const sketch = (): Sketch => new Sketch(two(), (n) => `新网格${n}`);
const area = (s: Shape): number => Math.abs(turn(s.polygons[0]![0]!)) / 2;

describe("shapes", () => {
  it("comes back from GeoJSON to the last digit", () => {
    const odd: Collection = two();
    odd.features[0]!.geometry.coordinates[0]![1]![0] = 116.01000000000001;
    expect(write(read(odd))).toEqual({ ...odd, features: odd.features });
  });

  it("catches on corners before borders, and lets go beyond its reach", () => {
    const shapes = read(two());
    expect(snap([116.0101, 35.0001], shapes, REACH)).toEqual({ point: [116.01, 35], held: true });
    const onBorder = snap([116.0101, 35.005], shapes, REACH);
    expect(onBorder.held).toBe(true);
    expect(onBorder.point[0]).toBeCloseTo(116.01, 9);
    expect(snap([116.005, 35.005], shapes, REACH)).toEqual({ point: [116.005, 35.005], held: false });
  });

  it("cuts a ring along a line that goes through once, whichever way it runs", () => {
    for (const line of [[[116.004, 34.99], [116.004, 35.02]], [[116.004, 35.02], [116.004, 34.99]]] as Point[][]) {
      const parts = cutRing(square(116, 35), line)!;
      expect(parts.map((ring) => Math.abs(turn(ring)) / 2).sort()).toEqual([expect.closeTo(0.00004, 10), expect.closeTo(0.00006, 10)]);
    }
    expect(cutRing(square(116, 35), [[116.004, 34.99], [116.004, 35.005]])).toBeNull();
    expect(cutRing(square(116, 35), [[117, 34.99], [117, 35.02]])).toBeNull();
    // in and out again through one side
    const bite = cutRing(square(116, 35), [[116.002, 34.99], [116.002, 35.005], [116.006, 35.005], [116.006, 34.99]])!;
    expect(bite.map((ring) => Math.abs(turn(ring)) / 2).sort()).toEqual([expect.closeTo(0.00002, 10), expect.closeTo(0.00008, 10)]);
  });

  it("splits a grid: the larger part keeps its code, a hole goes with its part", () => {
    const holed = shape("001", square(116, 35), square(116.007, 35.004, 0.001));
    const [large, small] = split(holed, [[116.004, 34.99], [116.004, 35.02]], "新网格1")!;
    expect([large.code, small.code, small.name]).toEqual(["001", "", "新网格1"]);
    expect([large.polygons[0]!.length, small.polygons[0]!.length]).toEqual([2, 1]);
    expect(split(holed, [[116.0075, 34.99], [116.0075, 35.02]], "x")).toBeNull();
  });

  it("splits along a line that was caught on slanting borders", () => {
    const slanting = shape("001", [[116, 35], [116.0101, 35.0037], [116.0083, 35.0113], [115.9987, 35.0071]]);
    const [a, b, c, d] = slanting.polygons[0]![0]! as [Point, Point, Point, Point];
    const between = (p: Point, q: Point, t: number): Point => [p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t];
    for (let n = 1; n < 40; n++) {
      const parts = split(slanting, [between(a, b, n / 40), between(c, d, 1 - n / 53)], "x");
      expect(parts && area(parts[0]) + area(parts[1])).toBeCloseTo(area(slanting), 9);
    }
  });

  it("knows what lies inside, and counts it", () => {
    const holed = shape("001", square(116, 35), square(116.004, 35.004, 0.002));
    expect([inShape([116.001, 35.001], holed), inShape([116.005, 35.005], holed), inShape([116.02, 35], holed)]).toEqual([true, false, false]);
    expect(within(holed, [[116.001, 35.001, 12], [116.005, 35.005, 7], [116.008, 35.002, 3]])).toEqual({ buildings: 2, households: 15 });
  });

  it("sees an outline that crosses itself", () => {
    expect(crossesItself([[0, 0], [1, 1], [1, 0], [0, 1]])).toBe(true);
    expect(crossesItself(square(0, 0))).toBe(false);
  });
});

describe("a sketch", () => {
  it("draws a grid corner by corner, takes one back, and closes on its first corner", () => {
    const drawn = sketch();
    drawn.take("draw");
    for (const at of [[116.002, 35.002], [116.008, 35.002], [116.009, 35.009]] as Point[]) drawn.point(at, REACH);
    drawn.back();
    expect(drawn.trace).toHaveLength(2);
    expect(drawn.finish()).toBe("few");
    drawn.point([116.005, 35.008], REACH);
    drawn.point([116.0021, 35.0021], REACH);
    expect([drawn.tool, drawn.trace.length, drawn.selected, drawn.changed]).toEqual(["pick", 0, 2, true]);
    expect(drawn.collection.features[2]).toEqual({
      type: "Feature",
      properties: { code: "", name: "新网格1", kind: "basic", cuts: true },
      geometry: { type: "Polygon", coordinates: [[[116.002, 35.002], [116.008, 35.002], [116.005, 35.008], [116.002, 35.002]]] },
    });
    expect(drawn.undo()).toBe(true);
    expect([drawn.shapes.length, drawn.changed, drawn.undo()]).toEqual([2, false, false]);
  });

  it("does not close what crosses itself, and keeps it to be put right", () => {
    const drawn = sketch();
    drawn.take("draw");
    for (const at of [[116.002, 35.002], [116.008, 35.008], [116.008, 35.002], [116.002, 35.008]] as Point[]) drawn.point(at, 0);
    expect([drawn.finish(), drawn.trace.length, drawn.shapes.length]).toEqual(["crosses", 4, 2]);
    drawn.cancel();
    expect([drawn.trace.length, drawn.tool]).toEqual([0, "draw"]);
  });

  it("a double click sets one corner, not two", () => {
    const drawn = sketch();
    drawn.take("draw");
    drawn.point([116.003, 35.003], REACH);
    drawn.point([116.003, 35.003], REACH);
    expect(drawn.trace).toHaveLength(1);
  });

  it("splits the grid through which the line goes", () => {
    const drawn = sketch();
    drawn.take("split");
    drawn.point([116.016, 35.0001], REACH);
    drawn.point([116.016, 35.0099], REACH);
    expect(drawn.finish()).toBe("");
    expect(drawn.shapes.map((s) => s.code)).toEqual(["001", "002", ""]);
    expect([area(drawn.shapes[1]!), area(drawn.shapes[2]!)]).toEqual([expect.closeTo(0.00006, 9), expect.closeTo(0.00004, 9)]);
    drawn.take("split");
    drawn.point([116.5, 35.5], REACH);
    drawn.point([116.6, 35.5], REACH);
    expect([drawn.finish(), drawn.shapes.length]).toEqual(["nosplit", 3]);
  });

  it("moves a shared corner for both neighbours, and a corner on a border of one", () => {
    const drawn = sketch();
    drawn.point([116.005, 35.005], REACH);
    expect(drawn.selected).toBe(0);
    expect(drawn.grab([116.0101, 35.0001], REACH)).toBe(true);
    drawn.drag([116.012, 35.001], 0);
    drawn.drop();
    for (const s of drawn.shapes) expect(s.polygons[0]![0]).toContainEqual([116.012, 35.001]);
    expect(drawn.grab([116.011, 35.0055], REACH)).toBe(true); // the border between them: a new corner in both
    drawn.drag([116.013, 35.006], 0);
    drawn.drop();
    for (const s of drawn.shapes) expect(s.polygons[0]![0]).toHaveLength(5);
    expect(drawn.grab([116.003, 35.003], REACH)).toBe(false);
    drawn.undo();
    drawn.undo();
    expect(drawn.changed).toBe(false);
  });

  it("puts a corner back that is let go of, and forgets that it was held", () => {
    const drawn = sketch();
    drawn.point([116.005, 35.005], REACH);
    drawn.grab([116, 35], REACH);
    drawn.drag([115.99, 34.99], 0);
    drawn.cancel();
    expect([drawn.changed, drawn.undo()]).toEqual([false, false]);
  });

  it("names and removes", () => {
    const drawn = sketch();
    drawn.describe(1, "园区网格", "special");
    drawn.remove(0);
    expect(drawn.collection.features.map((one) => one.properties)).toEqual([{ code: "002", name: "园区网格", kind: "special", cuts: false }]);
  });
});
