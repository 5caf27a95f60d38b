import { describe, expect, it, vi } from "vitest";
import { counts } from "./counts";
import type { SetRow } from "./rows";
import { dropIfOver, digestOf, freshness, item, items, onChange, refresh, type Collection } from "./working_set";
import { json, phone, type Server } from "./testing";

type Item = { id: string | number; v: string; [name: string]: unknown };

/** A server that holds collections and answers with what differs, as the contract says. */
function serve(server: Server, held: Record<string, Item[]>, more: object = {}): { asked: { token: string; held: Record<string, { count: number; digest: string }> }[] } {
  const asked: { token: string; held: Record<string, { count: number; digest: string }> }[] = [];
  server.on("POST /api/v1/sync/working-set", async ({ body }) => {
    const said = body as (typeof asked)[number];
    asked.push(said);
    const collections: Record<string, unknown> = {};
    for (const [name, own] of Object.entries(held)) {
      const digest = await digestOf(own.map(({ id, v }) => ({ id: String(id), v })));
      const same = said.held[name]?.digest === digest && said.held[name]?.count === own.length;
      collections[name] = { full: !same, items: same ? [] : own, gone: [], count: own.length, digest };
    }
    return json({ now: server.now(), token: `t${asked.length}`, on_duty: true, ends_on: null, collections, ...more });
  });
  return { asked };
}

const cases = (text: string): Item[] => [
  { id: 12, v: "a", text },
  { id: 3, v: "b", text: "路灯不亮" },
];

describe("the working set", () => {
  it("is kept sealed, known by its digest, and told when it changes", async () => {
    const { store, server } = await phone();
    const held = { cases: cases("井盖松动"), todo: [{ id: 1, v: "1" }] };
    const { asked } = serve(server, held);
    const changed = vi.fn();
    const end = onChange("cases", changed);
    await refresh();
    expect(asked).toMatchObject([{ token: "", held: {} }]);
    expect(await items<Item>("cases")).toHaveLength(2);
    expect(await item<Item>("cases", "3")).toMatchObject({ text: "路灯不亮" });
    expect(JSON.stringify(await store.all<SetRow>("set"))).not.toContain("井盖");
    expect(changed).toHaveBeenCalledTimes(1);
    expect((await counts()).mine).toBe(1);

    await refresh();
    expect(asked[1]).toMatchObject({ token: "t1", held: { cases: { count: 2 } } });
    expect(changed).toHaveBeenCalledTimes(1);
    end();
  });

  it("has the digest that the server computes", async () => {
    // printf '12 a\n3 b\n' | sha256sum: ids are sorted as text
    const rows = [{ id: "3", v: "b" }, { id: "12", v: "a" }];
    expect(await digestOf(rows)).toBe(await digestOf([...rows].reverse()));
    expect(await digestOf([])).toBe("e3b0c44298fc1c14");
  });

  it("takes differences, and asks once more when they do not add up", async () => {
    const { server } = await phone();
    serve(server, { cases: cases("一") });
    await refresh();
    let turn = 0;
    server.on("POST /api/v1/sync/working-set", async () => {
      turn += 1;
      const now: Item[] = [{ id: 3, v: "c", text: "改" }];
      const digest = await digestOf([{ id: "3", v: "c" }]);
      // The first answer forgets that 12 is gone.
      const delta = { full: turn > 1, items: now, gone: [], count: 1, digest };
      return json({ now: server.now(), token: `n${turn}`, on_duty: true, ends_on: null, collections: { cases: delta } });
    });
    await refresh();
    expect(turn).toBe(2);
    expect(await items<Item>("cases")).toMatchObject([{ id: 3, text: "改" }]);
  });

  it("drops what is gone", async () => {
    const { server } = await phone();
    serve(server, { cases: cases("一") });
    await refresh();
    server.on("POST /api/v1/sync/working-set", async () => {
      const delta = { full: false, items: [], gone: [12], count: 1, digest: await digestOf([{ id: "3", v: "b" }]) };
      return json({ now: server.now(), token: "n", on_duty: true, ends_on: null, collections: { cases: delta } });
    });
    await refresh();
    expect((await items<Item>("cases")).map(({ id }) => id)).toEqual([3]);
  });

  it("leaves the phone when the post ends", async () => {
    const { server } = await phone();
    serve(server, { cases: cases("一") });
    await refresh();
    server.on("POST /api/v1/sync/working-set", () =>
      json({ now: server.now(), token: "", on_duty: false, ends_on: null, collections: {} }),
    );
    await refresh();
    expect(await items("cases")).toEqual([]);
  });

  it.each([
    ["the last day of the post is over", { ends_on: "2020-01-01" }, "2020-01-01T08:00:00Z"],
    ["nobody asked for a week", {}, new Date(Date.now() - 8 * 86_400_000).toISOString()],
  ])("is deleted without a connection when %s", async (_why, more, at) => {
    const { server, store } = await phone();
    serve(server, { cases: cases("一") }, { ...more, now: at });
    await refresh();
    expect(await dropIfOver()).toBe(true);
    expect(await store.count("set")).toBe(0);
    expect(await items("cases" satisfies Collection)).toEqual([]);
    expect(await freshness()).toEqual({ at: null, endsOn: null });
  });

  it("stays on its last day", async () => {
    const { server } = await phone();
    const today = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
    serve(server, { cases: cases("一") }, { ends_on: today });
    await refresh();
    expect(await dropIfOver()).toBe(false);
    expect(await items("cases")).toHaveLength(2);
  });

  it("stays as it is when the server cannot be asked", async () => {
    const { server } = await phone();
    serve(server, { cases: cases("一") });
    await refresh();
    server.on("GET /api/v1/sync/hello", () => json({}, 401));
    await expect(refresh()).rejects.toMatchObject({ reason: "login" });
    expect(await items("cases")).toHaveLength(2);
  });
});
