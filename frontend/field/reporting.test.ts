import { describe, expect, it } from "vitest";
import { sha256 } from "../shared/sha256";
import type { Matter } from "./guess";
import { metres } from "./place";
import { blank, commandOf, filesOf, isEmpty, missing, nearCases, placeOfTag, wroteOf, type Wrote } from "./reporting";

const PLAIN = { voice: "见录音", same: "同一件事" };
const RUBBISH: Matter = { id: "06010", name: "暴露垃圾", class: "", keywords: [], on_the_spot: true, urgent: false, confidential: false, before_photo: true, after_photo: true, legal_basis: false, area: false, units: ["处"] };
const HERE = { lon: 116.005, lat: 35.005, accuracy: 12 };

function wrote(more: Partial<Wrote> = {}): Wrote {
  return { ...blank(), ...more };
}

describe("a report", () => {
  it("needs words, a matter or a voice, and a place where there is more than one grid", () => {
    expect(missing(wrote(), undefined, 1)).toEqual({ text: "need-what" });
    expect(missing(wrote({ photos: [{ sha: "a", original: "b" }] }), undefined, 2)).toEqual({ text: "need-what", place: "need-place" });
    for (const enough of [{ text: "井盖松了" }, { voice: "v" }, { same: "NC-1" }]) expect(missing(wrote(enough), undefined, 1)).toEqual({});
    expect(missing(wrote({ matter: "06010" }), RUBBISH, 1)).toEqual({});
    expect(missing(wrote({ text: "x", phone: "abc" }), undefined, 1)).toEqual({ phone: "need-phone" });
    expect(missing(wrote({ text: "x", phone: "100 1234 5678" }), undefined, 1)).toEqual({});
  });

  it("settled on the spot has what its matter asks for", () => {
    const shot = { sha: "a", original: "o" };
    const say = (more: Partial<Wrote>, matter?: Matter): string | undefined => missing(wrote({ text: "x", settle: true, ...more }), matter, 1).settle;
    expect(say({})).toBe("need-matter");
    expect(say({}, { ...RUBBISH, on_the_spot: false })).toBe("not-on-the-spot");
    expect(say({}, RUBBISH)).toBe("need-done");
    expect(say({ done: "清走" }, RUBBISH)).toBe("need-before");
    expect(say({ done: "清走", photos: [shot] }, RUBBISH)).toBe("need-after");
    expect(say({ done: "清走", photos: [shot], after: [shot] }, RUBBISH)).toBeUndefined();
    expect(say({ done: "清走", photos: [shot], after: [shot], amount: "很多" }, RUBBISH)).toBe("need-amount");
    expect(say({ done: "清走", photos: [shot], after: [shot] }, { ...RUBBISH, area: true })).toBe("need-area");
    expect(say({ done: "清走", photos: [shot], after: [shot] }, { ...RUBBISH, legal_basis: true })).toBe("need-legal");
    expect(say({ same: "NC-1" })).toBeUndefined();
  });

  it("becomes the command of the contract", () => {
    const full = wrote({
      photos: [{ sha: "a", original: "1" }], after: [{ sha: "b", original: "2" }], voice: "v", matter: "06010", here: HERE, address: "门口",
      settle: true, done: " 已清走 ", amount: "2,5", unit: "处", urgent: true, name: "吴", phone: "10012345678", round: { grid: 1, day: "2026-11-20", kind: "morning" },
    });
    expect(commandOf("id", full, RUBBISH, PLAIN)).toEqual({
      id: "id",
      kind: "report.make",
      title: "暴露垃圾",
      photos: ["a", "b", "v"],
      data: {
        text: "暴露垃圾",
        place: { ...HERE, address: "门口" },
        photos: ["a"],
        originals: { a: "1", b: "2" },
        voice: "v",
        contact: { name: "吴", phone: "10012345678" },
        urgent: true,
        matter: "06010",
        settled: { result: "solved", text: "已清走", after: ["b"], quantities: [{ amount: "2.5", unit: "处" }] },
        round: { grid: 1, day: "2026-11-20", kind: "morning" },
      },
    });
    const again = wroteOf(commandOf("id", full, RUBBISH, PLAIN).data);
    expect(again).toEqual({ ...full, text: "暴露垃圾", chose: true, done: "已清走", amount: "2.5" });
  });

  it("of the same thing is another voice, and leaves out what a voice has not", () => {
    const voice = wrote({ same: "NC-1", photos: [{ sha: "a", original: "1" }], after: [{ sha: "b", original: "2" }], settle: true, urgent: true, picked: "building:7", here: HERE });
    expect(commandOf("id", voice, undefined, PLAIN)).toEqual({
      id: "id",
      kind: "report.join",
      title: "同一件事",
      photos: ["a"],
      data: { case: "NC-1", text: "同一件事", place: { building: 7 }, photos: ["a"], originals: { a: "1" } },
    });
    expect(filesOf(voice)).toEqual(["a"]);
    expect(wroteOf({ case: "NC-1", text: "x", place: { building: 7 }, photos: [] })).toMatchObject({ same: "NC-1", picked: "building:7", here: null });
  });

  it("without position or choice is in the only grid on duty", () => {
    expect(commandOf("id", wrote({ voice: "v" }), undefined, PLAIN, 4)).toMatchObject({ title: "见录音", data: { text: "见录音", place: { area: 4 } } });
  });

  it("is empty until something is said", () => {
    expect(isEmpty(wrote({ here: HERE, matter: "06010" }))).toBe(true);
    expect(isEmpty(wrote({ text: " " }))).toBe(true);
    expect(isEmpty(wrote({ voice: "v" }))).toBe(false);
    expect(isEmpty(wrote({ photos: [{ sha: "a", original: "a" }] }))).toBe(false);
  });
});

describe("the place of a scanned code", () => {
  const digest = async (text: string): Promise<string> => sha256(new TextEncoder().encode(text).slice().buffer);
  const point = { id: "p", grid: 1, name: "配电箱", kind_name: "", look_for: "", risk: 1, matter: "09012", building: 7, compound: 5, lon: 116, lat: 35, tag: "" };

  it("is that of its checkpoint", async () => {
    const known = { ...point, tag: (await digest("7f3k9m2q")).slice(0, 16) };
    const here = { lon: 116, lat: 35, accuracy: 5 };
    expect(await placeOfTag("https://example.org/t/7f3k9m2q", [known], digest)).toEqual({ picked: "building:7", address: "配电箱", here });
    expect(await placeOfTag("7f3k 9m2q", [{ ...known, building: null }], digest)).toMatchObject({ picked: "compound:5" });
    expect(await placeOfTag("7f3k9m2q", [{ ...known, building: null, compound: null }], digest)).toEqual({ picked: "", address: "配电箱", here });
    expect(await placeOfTag("other", [known], digest)).toBeNull();
  });
});

describe("what is open near by", () => {
  const at = (id: string, lat: number, matter: string | null): { id: string; lon: number; lat: number; matter: string | null } => ({ id, lon: 116.005, lat, matter });

  it("is within 100 m, the same matter first", () => {
    const cases = [at("far", 35.0065, "06010"), at("near", 35.0051, null), at("same", 35.0055, "06010"), at("third", 35.0052, "01001"), at("fourth", 35.0056, null)];
    const found = nearCases(cases, HERE, "06010", metres);
    expect(found.map(({ one, metres: far }) => [one.id, far])).toEqual([["same", 56], ["near", 11], ["third", 22]]);
    expect(nearCases(cases, null, "", metres)).toEqual([]);
  });
});
