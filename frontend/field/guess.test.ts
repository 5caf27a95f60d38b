import { describe, expect, it } from "vitest";
import { guess, search, type Matter } from "./guess";

function matter(id: string, name: string, keywords: string[] = []): Matter {
  return { id, name, class: "", keywords, on_the_spot: false, urgent: false, confidential: false, before_photo: false, after_photo: false, legal_basis: false, area: false, units: [] };
}

const MATTERS = [
  matter("01001", "供水井盖异常", ["供水井盖", "井盖"]),
  matter("01002", "污水井盖异常", ["污水井盖", "井盖"]),
  matter("06010", "暴露垃圾", ["垃圾"]),
  matter("06013", "积存渣土", ["建筑垃圾", "渣土"]),
  matter("02001", "路灯不亮", ["路灯", "LED"]),
];
const codes = (text: string, usual: string[] = []): string[] => guess(text, MATTERS, usual).map((one) => one.matter.id);

describe("the guess", () => {
  it("takes the longer word, and says by which words", () => {
    const [first, second] = guess("巷口堆了一车建筑垃圾", MATTERS);
    expect([first!.matter.id, first!.words]).toEqual(["06013", ["建筑垃圾"]]);
    expect([second!.matter.id, second!.words]).toEqual(["06010", ["垃圾"]]);
  });

  it("lets a word that many matters carry weigh less, and then what is usual here decides", () => {
    expect(codes("污水井盖翘起")[0]).toBe("01002");
    expect(codes("井盖松了")).toEqual(["01001", "01002"]);
    expect(codes("井盖松了", ["01002"])).toEqual(["01002", "01001"]);
  });

  it("offers what is usual here while nothing is written, and nothing out of thin air", () => {
    expect(codes("", ["06010", "02001", "06010", "99999"])).toEqual(["06010", "02001"]);
    expect(codes("")).toEqual([]);
    expect(codes("led 坏了", ["06010"])).toEqual(["02001", "06010"]);
  });

  it("finds a matter by its code, its name or a keyword", () => {
    expect(search("060", MATTERS).map((one) => one.id)).toEqual(["06010", "06013"]);
    expect(search("渣土", MATTERS).map((one) => one.id)).toEqual(["06013"]);
    expect(search(" ", MATTERS)).toEqual([]);
    expect(search("0", MATTERS, 2)).toHaveLength(2);
  });
});
