import { beforeEach, describe, expect, it } from "vitest";
import { forgetWords } from "./words";
import { tell } from "./news";
import { discardRefused, waiting } from "./outbox";
import { flush } from "./sync";
import { json, phone, type Server } from "./testing";
import { act, refusal, standing, underway } from "./underway";
import { said } from "./screens/case";

const POINT = { grid: 1, day: "2026-11-21", kind: "morning", checkpoint: "c", proof: "reason", why: "indoors" };
let server: Server;

beforeEach(async () => {
  document.body.innerHTML = `<script type="application/json" id="words">{"step-photo":"照片","step-missing":"哪里","step-after":"之后","step-legal":"依据","step-area":"面积","step-number":"数字","state-refused":"退回"}</script>`;
  forgetWords();
  tell("set"); // nothing of the test before
  ({ server } = await phone());
});

describe("what is underway", () => {
  it("is told while it waits, and until the working set tells it", async () => {
    expect(await act({ kind: "patrol.point", data: POINT, title: "点" })).toBe(true);
    expect((await underway()).map(({ kind, state, data }) => [kind, state, data["checkpoint"]])).toEqual([["patrol.point", "waiting", "c"]]);
    await flush();
    expect(await waiting()).toEqual([]);
    expect((await underway()).map(({ state }) => state)).toEqual(["sent"]);
    tell("set", "visits");
    expect(await underway()).toHaveLength(1);
    tell("set", "rounds");
    expect(await underway()).toEqual([]);
  });

  it("does not stand when it was refused, and goes with it", async () => {
    server.on("POST /api/v1/sync/commands", ({ body }) => {
      const { commands } = body as { commands: { id: string }[] };
      const problem = { code: "x", title: "已撤回。", remedy: "看清单。" };
      return json({ now: server.now(), results: commands.map(({ id }) => ({ id, status: "refused", replayed: false, answer: {}, problem })) });
    });
    await act({ id: "6b4b3a3e-58a5-4d8a-a9a5-2d3f3f1d9f11", kind: "task.done", data: { task: "t", note: "" }, title: "任务" });
    await flush();
    const found = await underway();
    expect(standing(found, "task.done")).toEqual([]);
    expect(refusal(found[0])).toBe("已撤回。 看清单。");
    await discardRefused("6b4b3a3e-58a5-4d8a-a9a5-2d3f3f1d9f11");
    expect(await underway()).toEqual([]);
  });
});

describe("a step of a case", () => {
  const matter = { id: "06001", name: "私搭乱建", keywords: [], before_photo: true, after_photo: true, legal_basis: true, area: true, units: ["m2"] };
  const fields = { result: "solved", text: "拆", reply: "已拆", legal_basis: "法", area: "12,5", amount: "2", unit: "m2" };

  it("asks for what its matter asks for, where something was done", () => {
    const photos = { before: ["b"], after: ["a"] };
    const lacking = (change: object, taken: Record<string, string[]> = photos) => said("handle", "N", matter, { ...fields, ...change }, taken, "");
    expect([lacking({}, { before: [], after: [] }), lacking({ legal_basis: "" }), lacking({ area: "0" }), lacking({ amount: "viel" })]).toEqual(["之后", "依据", "面积", "数字"]);
    expect(said("handle", "N", matter, { result: "explained", text: "释", reply: "释" }, {}, "")).toMatchObject({ kind: "case.handle" });
    expect(lacking({})).toEqual({
      kind: "case.handle",
      data: { case: "N", result: "solved", text: "拆", reply: "已拆", before: ["b"], after: ["a"], quantities: [{ amount: 2, unit: "m2" }], legal_basis: "法", area_m2: 12.5 },
    });
  });

  it("says what is missing when it is to be done again, and takes a photo for a second check", () => {
    expect(said("verify", "N", matter, { note: "" }, { photos: [] }, "no")).toBe("哪里");
    expect(said("verify", "N", matter, { note: "" }, { photos: [] }, "yes")).toEqual({ kind: "case.verify", data: { case: "N", passed: true, note: "", photos: [] } });
    expect(said("second_check", "N", matter, { note: "" }, { photos: [] }, "yes")).toBe("照片");
  });
});
