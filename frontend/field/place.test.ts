import { describe, expect, it } from "vitest";
import { inside, metres, nearest, placeAt, placeWords, type Area, type Border, type Building } from "./place";

function square(lon: number, lat: number, side: number): [number, number][] {
  return [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]];
}

const border: Border = { type: "Polygon", coordinates: [square(116, 35, 0.01), square(116.004, 35.004, 0.002)] };
const area: Area = { id: 1, name: "第一网格", community: 9, community_name: "槐荫社区", boundary: border, lon: null, lat: null };
const building = (id: number, lon: number, lat: number): Building => ({ id, name: `${id}号楼`, compound: 5, grid: 1, address: "", lon, lat });
const compound = { id: 5, name: "家属院", community: 9, address: "", lon: null, lat: null };

describe("a position", () => {
  it("lies within a border, and in none of its holes", () => {
    expect(inside(border, 116.001, 35.001)).toBe(true);
    expect(inside(border, 116.005, 35.005)).toBe(false);
    expect(inside(border, 116.02, 35.001)).toBe(false);
    expect(inside(null, 116.001, 35.001)).toBe(false);
    const two: Border = { type: "MultiPolygon", coordinates: [[square(10, 10, 1)], border.coordinates] };
    expect(inside(two, 116.001, 35.001)).toBe(true);
  });

  it("is so many metres from another", () => {
    expect(metres({ lon: 116, lat: 35 }, { lon: 116, lat: 35.001 })).toBeCloseTo(111.32, 1);
    expect(metres({ lon: 116, lat: 35 }, { lon: 116.001, lat: 35 })).toBeCloseTo(91.19, 1);
  });

  it("is told by the nearest building of its grid", () => {
    const here = { lon: 116.001, lat: 35.001, accuracy: 8 };
    const houses = [building(1, 116.0016, 35.001), building(2, 116.0012, 35.001)];
    const found = placeAt(here, [area], [compound], houses);
    expect(found).toEqual({ area, building: houses[1], compound });
    expect(placeWords(found)).toBe("家属院2号楼");
    expect(nearest(houses, here, 5)).toBeNull();
    expect(placeWords(placeAt(here, [area], [compound], []))).toBe("第一网格");
  });

  it("is in no grid of one's own", () => {
    const found = placeAt({ lon: 117, lat: 35, accuracy: 8 }, [area], [compound], [building(1, 117, 35)]);
    expect(found).toEqual({ area: null, building: null, compound: null });
    expect(placeWords(found)).toBe("");
  });
});
