import { describe, expect, it } from "vitest";
import { inOrder, isNear } from "./walk";

const at = (east: number, north: number) => ({ lon: 116 + east / 91_000, lat: 35 + north / 111_195 });

describe("on foot", () => {
  it("believes a tap within 80 m, and up to 50 m of what the phone is unsure of", () => {
    const spot = at(0, 0);
    const from = (north: number, accuracy: number): boolean => isNear({ ...at(0, north), accuracy }, spot);
    expect([from(79, 0), from(82, 0), from(125, 50), from(135, 50), from(135, 5000)]).toEqual([true, false, true, false, false]);
  });

  it("goes from the north-western point on to the nearest", () => {
    const spots = [["d", 30, 0], ["a", -50, 50], ["c", 10, 10], ["b", -20, 40]] as const;
    const order = inOrder(spots.map(([id, east, north]) => ({ id, ...at(east, north) })));
    expect(order.map(({ id }) => id).join("")).toBe("abcd");
    expect(inOrder([])).toEqual([]);
  });
});
