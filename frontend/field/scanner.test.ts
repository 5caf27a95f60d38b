import { describe, expect, it } from "vitest";
import { decode } from "./qr";
import { tagOf } from "./scanner";

describe("a scanned code", () => {
  it("is the bare tag, or the address that ends in it", () => {
    expect(tagOf("7f3k9m2q")).toBe("7f3k9m2q");
    expect(tagOf("https://example.org/field/t/7f3k9m2q/")).toBe("7f3k9m2q");
    expect(tagOf(" 7f3k 9m2q\n")).toBe("7f3k9m2q");
    expect(tagOf("")).toBe("");
  });

  it("is not read out of an empty picture", () => {
    const image = { width: 40, height: 40, data: new Uint8ClampedArray(40 * 40 * 4).fill(255), colorSpace: "srgb" };
    expect(decode(image as ImageData)).toBeNull();
  });
});
