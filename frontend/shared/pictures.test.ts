import { expect, test } from "vitest";
import { accepted, fitted } from "./pictures";

const bytes = (...values: (number | string)[]) =>
  new Blob([Uint8Array.from(values.flatMap((value) => (typeof value === "string" ? [...value].map((c) => c.charCodeAt(0)) : [value])))]);

test.each([
  ["JPEG", bytes(0xff, 0xd8, 0xff, 0xe1), true],
  ["PNG", bytes(0x89, "PNG\r\n", 0x1a, "\n"), true],
  ["WebP", bytes("RIFF", 1, 2, 3, 4, "WEBP"), true],
  ["HEIC", bytes(0, 0, 0, 24, "ftypheic"), true],
  ["MP4", bytes(0, 0, 0, 24, "ftypisom"), false],
  ["HTML", bytes("<html><body>"), false],
  ["SVG", bytes("<svg xmlns="), false],
  ["nothing", bytes(), false],
])("%s is told by its bytes", async (_, blob, answer) => {
  expect(await accepted(blob)).toBe(answer);
});

test("shrinks to fit and never enlarges", () => {
  expect(fitted(4000, 3000, 1600)).toEqual([1600, 1200]);
  expect(fitted(3000, 4000, 1600)).toEqual([1200, 1600]);
  expect(fitted(800, 600, 1600)).toEqual([800, 600]);
  expect(fitted(16000, 1, 1600)).toEqual([1600, 1]);
});
