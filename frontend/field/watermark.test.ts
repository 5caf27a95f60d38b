import { describe, expect, it } from "vitest";
import { isFresh, layout, stamp, stampTime } from "./watermark";
import { sha256 } from "../shared/sha256";

const wide = (text: string, font: number): number => text.length * font;

describe("the watermark", () => {
  it("stands in a band at the bottom, within the picture", () => {
    const found = layout(1600, 1200, ["2026-11-20 15:30:08", "家属院3号楼", "", "林晓"], wide);
    expect(found.font).toBe(43);
    expect(found.lines.map((line) => line.text)).toEqual(["2026-11-20 15:30:08", "家属院3号楼", "林晓"]);
    expect(found.top).toBeGreaterThan(1200 * 0.75);
    const ys = found.lines.map((line) => line.y);
    expect(ys).toEqual([...ys].sort((a, b) => a - b));
    expect(ys[0]! - found.font).toBeGreaterThanOrEqual(found.top);
    expect(ys.at(-1)!).toBeLessThan(1200);
  });

  it("gets smaller rather than leave the picture, but stays readable", () => {
    const long = layout(600, 800, ["很".repeat(40)], wide);
    expect(wide("很".repeat(40), long.font)).toBeLessThanOrEqual(600 * 0.96);
    expect(layout(60, 60, ["很".repeat(40)], wide).font).toBe(12);
  });

  it("tells the time to the second", () => {
    expect(stampTime(new Date(2026, 10, 20, 9, 5, 8).getTime())).toBe("2026-11-20 09:05:08");
  });

  it("knows a photo of the album from one of now", () => {
    const now = Date.now();
    expect(isFresh({ lastModified: now - 60_000 }, now)).toBe(true);
    expect(isFresh({ lastModified: now - 6 * 60_000 }, now)).toBe(false);
    expect(isFresh({}, now)).toBe(true);
  });

  it("leaves alone what this browser cannot read", async () => {
    const file = new Blob(["no picture"], { type: "image/heic" });
    const { photo, original } = await stamp(file, ["x"]);
    expect(photo.sha).toBe(await sha256(await file.arrayBuffer()));
    expect([original, photo.mime]).toEqual([photo.sha, "image/heic"]);
  });
});
