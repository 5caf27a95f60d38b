import { describe, expect, it, vi } from "vitest";
import { counts } from "./counts";
import { AlreadyQueuedError, captured, discardRefused, draft, drafts, dropDraft, fileOf, lockDraft, QuotaError, queue, retry, saveDraft, sent, waiting } from "./outbox";
import type { BytesRow, OutboxRow } from "./rows";
import { flush, label, takeUp } from "./sync";
import { closeStore, destroyStore, lastUser, leftByOthers, openStore, rememberUser, type Store, type Write } from "./store";
import { bytes, define, json, phone, type Server } from "./testing";

const ID = "0b7d9f8e-0000-4000-8000-000000000001";
const OTHER = "0b7d9f8e-0000-4000-8000-000000000002";

async function photo(text: string): Promise<{ sha: string; mime: string; bytes: ArrayBuffer }> {
  return captured(new Blob([text], { type: "image/jpeg" }));
}

function report(id = ID, text = "井盖松动"): Parameters<typeof queue>[0] {
  return { id, kind: "report.make", title: text, data: { text, photos: [] } };
}

function online(server: Server): void {
  define("onLine", true);
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => server.answer(url, init));
}

function offline(): void {
  define("onLine", false);
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
}

describe("the outbox", () => {
  it("keeps a record and its photo together, sealed, until the server has both", async () => {
    const { store, server } = await phone();
    offline();
    const file = await photo("one");
    await saveDraft({ id: ID, screen: "report", title: "井盖", data: { text: "井盖松动" }, photos: [file.sha] }, [file]);
    expect(await drafts()).toMatchObject([{ id: ID, screen: "report", data: { text: "井盖松动" }, photos: [file.sha] }]);
    await queue({ ...report(), photos: [file.sha] });
    expect(await drafts()).toEqual([]);
    expect(await waiting()).toMatchObject([{ id: ID, state: "queued", title: "井盖松动", missing: 1 }]);
    const raw = JSON.stringify(await store.all<OutboxRow>("outbox"));
    expect(raw).not.toContain("井盖");
    expect(new TextDecoder().decode((await store.get<BytesRow>("bytes", file.sha))!.sealed.body)).not.toContain("one");
    expect(new TextDecoder().decode((await fileOf(file.sha))!.bytes)).toBe("one");

    const failed = await flush();
    expect(failed.stopped?.reason).toBe("offline");
    expect(await counts()).toMatchObject({ waiting: 1, photos: 1, sent: 0, online: false });

    online(server);
    expect(await flush()).toMatchObject({ acknowledged: 2, refused: 0, stopped: null });
    expect([...server.done.keys()]).toEqual([ID]);
    expect(server.seen.at(-1)!.body).toMatchObject({ waiting: 0, oldest_age_s: 0, commands: [] });
    expect(new TextDecoder().decode(server.media.get(file.sha))).toBe("one");
    expect(await counts()).toMatchObject({ drafts: 0, waiting: 0, photos: 0, sent: 1, online: true, sending: false });
    expect(await sent()).toMatchObject([{ id: ID, title: "井盖松动", answer: { number: `NC-${ID}` } }]);
    expect([await store.count("files"), await store.count("bytes")]).toEqual([0, 0]);
  });

  it("looks once more when the line comes back while a try without one is just ending", async () => {
    const { server } = await phone();
    offline();
    await queue(report());
    vi.stubGlobal("fetch", () => {
      void (async () => {
        for (let i = 0; i < 50; i++) await null; // the try has failed by now, and tidies up
        online(server);
        void flush();
      })();
      return Promise.reject(new TypeError("no network"));
    });
    expect(await flush()).toMatchObject({ acknowledged: 1, stopped: null });
    expect([...server.done.keys()]).toEqual([ID]);
  });

  it("sends one id once, whichever window was first", async () => {
    const { server } = await phone();
    await queue(report());
    await expect(queue(report(ID, "另一个窗口"))).rejects.toBeInstanceOf(AlreadyQueuedError);
    await expect(saveDraft({ id: ID, screen: "report", title: "", data: {}, photos: [] })).rejects.toBeInstanceOf(AlreadyQueuedError);
    await Promise.all([flush(), flush()]);
    await expect(queue(report())).rejects.toBeInstanceOf(AlreadyQueuedError);
    expect(server.batches()).toBe(1);
    expect(await counts()).toMatchObject({ drafts: 0, waiting: 0, sent: 1 });
  });

  it("counts what is just moving in one box, never in both or in none", async () => {
    await phone();
    for (let n = 1; n <= 6; n++) await queue({ ...report(ID.slice(0, -1) + n), photos: [] }, []);
    const seen = new Set<number>();
    let over = false;
    const looking = (async () => {
      while (!over) {
        const { waiting: left, sent: gone } = await counts();
        seen.add(left + gone);
      }
    })();
    await flush();
    over = true;
    await looking;
    expect([...seen]).toEqual([6]);
    expect(await counts()).toMatchObject({ waiting: 0, sent: 6 });
  });

  it("keeps the photo of a returned command for the draft that is written from it", async () => {
    const { server } = await phone();
    const file = await photo("井盖");
    server.on("POST /api/v1/sync/commands", ({ body }) => {
      const { commands } = body as { commands: { id: string }[] };
      const problem = { code: "invalid", title: "不在任何网格", kept: "", remedy: "" };
      return json({ now: server.now(), results: commands.map(({ id }) => ({ id, status: "refused", replayed: false, answer: {}, problem, refused: 12 })) });
    });
    await queue(report(), [file]);
    await flush();
    const [back] = await waiting();
    expect(back).toMatchObject({ state: "refused", problem: { title: "不在任何网格", refused: 12 } });
    expect(server.media.size).toBe(1); // the office has the photo, the phone only its name
    await saveDraft({ id: OTHER, screen: "report", title: "", data: {}, photos: [file.sha] });
    await discardRefused(ID);
    await queue({ ...report(OTHER), photos: [file.sha] });
    expect(await waiting()).toMatchObject([{ id: OTHER, photos: [file.sha], missing: 0 }]);
  });

  it("tells the second window that a draft is open in the first", async () => {
    await phone();
    const first = await lockDraft(ID);
    expect(first).not.toBeNull();
    expect(await lockDraft(ID)).toBeNull();
    first!.release();
    await vi.waitFor(async () => expect(await lockDraft(ID)).not.toBeNull());
  });

  it("takes back what a killed window was sending", async () => {
    const { store, server } = await phone();
    await queue(report());
    await store.write(["outbox"], async (tx) => tx.put("outbox", { ...(await tx.get<OutboxRow>("outbox", ID))!, state: "sending" }));
    await takeUp();
    expect((await waiting())[0]!.state).toBe("queued");
    await flush();
    expect(server.done.size).toBe(1);
    expect((await counts()).sent).toBe(1);
  });

  it("sends the same bytes again when the answer was lost", async () => {
    const { server } = await phone();
    await queue(report());
    let lost = 0;
    vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
      const answer = await server.answer(url, init);
      if (url.endsWith("/commands") && lost++ < 2) throw new TypeError("cut off");
      return answer;
    });
    expect(await flush()).toMatchObject({ acknowledged: 1, stopped: null });
    expect(server.batches()).toBe(3);
    expect(server.done.size).toBe(1);
    expect(await counts()).toMatchObject({ waiting: 0, refused: 0, sent: 1 });
  });

  it.each([401, 403])("keeps everything when the server answers %i", async (status) => {
    const { server } = await phone();
    const file = await photo("two");
    await queue(report(), [file]);
    server.on("GET /api/v1/sync/hello", () => json({ title: "log in" }, status));
    expect((await flush()).stopped?.reason).toBe("login");
    expect(await counts()).toMatchObject({ waiting: 1, photos: 1, login: true });
    expect(server.asked("POST")).toBe(0);
  });

  it("sends nothing in somebody else's name", async () => {
    const { server } = await phone();
    await queue(report());
    server.user = { id: "8", name: "高" };
    expect((await flush()).stopped?.reason).toBe("other-user");
    expect(server.done.size).toBe(0);
    expect(await counts()).toMatchObject({ waiting: 1, otherUser: true });
  });

  it("keeps a refusal with its three sentences, and sends anew under another id", async () => {
    const { server } = await phone();
    await queue(report(), [await photo("three")]);
    const problem = { code: "outside", title: "不在您的网格", kept: "内容已保留", remedy: "请选择网格" };
    server.on("POST /api/v1/sync/commands", () => json({ now: server.now(), results: [{ id: ID, status: "refused", problem }] }));
    expect(await flush()).toMatchObject({ refused: 1 });
    expect(await waiting()).toMatchObject([{ id: ID, state: "refused", problem, missing: 0 }]);
    expect(await counts()).toMatchObject({ waiting: 0, refused: 1 });
    const fresh = await retry(ID);
    expect(fresh).not.toBe(ID);
    expect(await waiting()).toMatchObject([{ id: fresh, state: "queued", title: "井盖松动" }]);
  });

  it("does not let one unreadable command hold up the others", async () => {
    const { server } = await phone();
    await queue(report(ID, "坏"));
    await queue(report(OTHER, "好"));
    const usual = server.handlers.get("POST /api/v1/sync/commands")!;
    server.on("POST /api/v1/sync/commands", (request) => {
      const bad = (request.body as { commands: { id: string }[] }).commands.some(({ id }) => id === ID);
      return bad ? json({ type: "invalid", title: "读不懂" }, 422) : usual(request);
    });
    expect(await flush()).toMatchObject({ acknowledged: 1, refused: 1 });
    expect([...server.done.keys()]).toEqual([OTHER]);
    expect(await waiting()).toMatchObject([{ id: ID, state: "refused", problem: { code: "invalid", title: "读不懂" } }]);
  });

  it("waits with what the server takes later, and sends it at once when asked", async () => {
    const { server } = await phone();
    await queue(report());
    const usual = server.handlers.get("POST /api/v1/sync/commands")!;
    server.on("POST /api/v1/sync/commands", () => json({ now: server.now(), results: [{ id: ID, status: "later" }] }));
    await flush();
    expect(await waiting()).toMatchObject([{ state: "queued", tries: 1 }]);
    server.on("POST /api/v1/sync/commands", usual);
    await flush();
    expect(server.done.size).toBe(0);
    await retry(ID);
    await flush();
    expect(server.done.size).toBe(1);
  });

  it("sends more than a batch in batches, in order", async () => {
    const { server } = await phone();
    const ids = Array.from({ length: 120 }, (_, n) => `0b7d9f8e-0000-4000-8000-${String(n).padStart(12, "0")}`).reverse();
    for (const id of ids) await queue(report(id));
    await flush();
    expect(server.batches()).toBe(3);
    expect([...server.done.keys()]).toEqual(ids);
  });
});

describe("photos", () => {
  it("goes on where the server left off, and believes the server about where that is", async () => {
    const { server } = await phone();
    const long = await photo("x".repeat(600_000));
    await queue(report(), [long]);
    let stored = new Uint8Array(0);
    const put = (from: number, body: ArrayBuffer): void => {
      const next = new Uint8Array(from + body.byteLength);
      next.set(stored.slice(0, from));
      next.set(new Uint8Array(body), from);
      stored = next;
    };
    put(0, bytes("x".repeat(1000)));
    let moved = false;
    server.on(`GET /api/v1/media/${long.sha}/part`, () => json({ received: stored.length, complete: false }));
    server.on(`PATCH /api/v1/media/${long.sha}/part`, ({ headers, body }) => {
      const from = Number(headers.get("Upload-Offset"));
      expect(headers.get("Upload-Length")).toBe("600000");
      if (!moved) {
        moved = true;
        stored = stored.slice(0, 500);
      }
      if (from !== stored.length) return json({ received: stored.length }, 409);
      put(from, body as ArrayBuffer);
      return json({ received: stored.length, complete: stored.length === 600_000 });
    });
    expect(await flush()).toMatchObject({ acknowledged: 2, refused: 0, stopped: null });
    expect(stored.length).toBe(600_000);
    expect(server.asked("PUT")).toBe(0);
    expect(await counts()).toMatchObject({ waiting: 0, photos: 0, sent: 1 });
  });

  it("sends a record that was queued meanwhile before the photos that are left", async () => {
    const { server } = await phone();
    await queue(report(), await Promise.all(["a", "b", "c", "d", "e"].map(photo)));
    const order: string[] = [];
    const put = server.handlers.get("PUT /api/v1/media/")!;
    let meanwhile: Promise<unknown> | undefined;
    server.on("PUT /api/v1/media/", async (request) => {
      order.push(server.done.has(OTHER) ? "later photo" : "photo");
      meanwhile ??= queue(report(OTHER)).then(() => void flush());
      await meanwhile;
      return put(request);
    });
    expect(await flush()).toMatchObject({ stopped: null });
    expect(order.filter((one) => one === "photo").length).toBeLessThanOrEqual(2); // those that were on their way
    expect(order.length).toBe(5);
    expect(await counts()).toMatchObject({ waiting: 0, photos: 0, sent: 2 });
  });

  it("keeps a photo that the server refuses, and says so", async () => {
    const { server } = await phone();
    const file = await photo("four");
    await queue(report(), [file]);
    server.on("PUT /api/v1/media/", () => json({ type: "not-a-picture", title: "这不是照片" }, 415));
    await flush();
    expect(await waiting()).toMatchObject([{ state: "acknowledged", missing: 1, photoProblem: { title: "这不是照片" } }]);
    expect(new TextDecoder().decode((await fileOf(file.sha))!.bytes)).toBe("four");
  });

  it("is deleted with the last draft that shows it", async () => {
    const { store } = await phone();
    const file = await photo("five");
    const base = { screen: "report", title: "", data: {} };
    await saveDraft({ ...base, id: ID, photos: [file.sha] }, [file]);
    await saveDraft({ ...base, id: OTHER, photos: [file.sha] }, [file]);
    await dropDraft(ID);
    expect(await store.count("bytes")).toBe(1);
    await saveDraft({ ...base, id: OTHER, photos: [] });
    expect([await store.count("files"), await store.count("bytes")]).toEqual([0, 0]);
  });
});

describe("room", () => {
  /** From now on the browser takes a row only while it is allowed. */
  function fill(store: Store, allowed: () => boolean): void {
    const once = Reflect.get(store, "writeOnce") as (...given: unknown[]) => Promise<unknown>;
    Reflect.set(store, "writeOnce", (names: string[], work: (tx: Write) => Promise<unknown>) =>
      Reflect.apply(once, store, [
        names,
        (tx: Write) => work({ ...tx, put: (...row) => (allowed() ? tx.put(...row) : Promise.reject(new DOMException("full", "QuotaExceededError"))) }),
      ]),
    );
  }

  it("gives up its spare part for a record, says so, and takes it again when there is room", async () => {
    const { store, server } = await phone();
    expect(await store.takeReserve()).toEqual({ spare: true, last: true });
    let room = false;
    fill(store, () => room || gone("reserve-spare"));
    const held = new Set(["reserve-spare", "reserve-last"]);
    const gone = (name: string): boolean => !held.has(name);
    const drop = Reflect.get(store, "giveUp") as (name: string) => Promise<boolean>;
    Reflect.set(store, "giveUp", (name: string) => {
      held.delete(`reserve-${name}`);
      return Reflect.apply(drop, store, [name]);
    });
    await queue(report(), [await photo("full")]);
    expect((await counts()).room).toBe("warn");
    expect(await store.reserve()).toEqual({ spare: false, last: true });
    expect(await store.get("meta", "reserve-spare")).toBeUndefined();
    online(server);
    room = true;
    await queue({ ...report(OTHER) });
    await flush();
    expect(await counts()).toMatchObject({ waiting: 0, sent: 2, room: "ok" });
    expect(await store.reserve()).toEqual({ spare: true, last: true });
  });

  it("keeps the last part for sending: a record finds no room, what is here still leaves the phone", async () => {
    const { store, server } = await phone();
    offline();
    await queue(report(), [await photo("before")]);
    await store.takeReserve();
    let last = true;
    const drop = Reflect.get(store, "giveUp") as (name: string) => Promise<boolean>;
    Reflect.set(store, "giveUp", (name: string) => {
      if (name === "last") last = false;
      return Reflect.apply(drop, store, [name]);
    });
    fill(store, () => !last);
    await expect(queue(report(OTHER), [await photo("after")])).rejects.toBeInstanceOf(QuotaError);
    expect([await store.count("outbox"), await store.count("files")]).toEqual([1, 1]);
    expect(last).toBe(true);
    online(server);
    await flush();
    expect([...server.done.keys()]).toEqual([ID]);
    expect(await counts()).toMatchObject({ waiting: 0, sent: 1 });
  });

  it("asks the browser anew before it calls a phone full that was full a while ago", async () => {
    const { store } = await phone();
    let room = false;
    await store.setMeta("reserve", { spare: false, last: false });
    fill(store, () => room);
    await expect(queue(report(), [await photo("five")])).rejects.toBeInstanceOf(QuotaError);
    expect([await store.count("outbox"), (await counts()).room]).toEqual([0, "full"]);
    room = true;
    await queue(report(), [await photo("five")]);
    expect([await store.count("outbox"), (await counts()).room]).toEqual([1, "ok"]);
    expect(await store.reserve()).toEqual({ spare: true, last: true });
  });

  it("refuses before the browser does, and keeps the draft", async () => {
    const { store } = await phone();
    await saveDraft({ id: ID, screen: "report", title: "", data: { text: "写了" }, photos: [] });
    define("storage", { estimate: async () => ({ usage: 949_999_999, quota: 1e9 }) });
    expect((await counts()).room).toBe("warn");
    await expect(queue(report(), [await photo("six")])).rejects.toBeInstanceOf(QuotaError);
    expect([await store.count("outbox"), await store.count("files")]).toEqual([0, 0]);
    expect((await draft(ID))!.data).toEqual({ text: "写了" });
  });

  it("loses nothing when the browser is full all the same", async () => {
    const { store } = await phone();
    await saveDraft({ id: ID, screen: "report", title: "", data: { text: "写了" }, photos: [] });
    const put = IDBObjectStoreOf(store);
    put.mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await expect(queue(report(), [await photo("seven")])).rejects.toBeInstanceOf(QuotaError);
    put.mockRestore();
    expect([await store.count("outbox"), await store.count("files"), await store.count("bytes")]).toEqual([0, 0, 0]);
    expect((await draft(ID))!.data).toEqual({ text: "写了" });
  });
});

function IDBObjectStoreOf(store: object): ReturnType<typeof vi.spyOn> {
  const db = (store as { db: IDBDatabase }).db;
  return vi.spyOn(Object.getPrototypeOf(db.transaction("bytes").objectStore("bytes")) as IDBObjectStore, "put") as never;
}

describe("clocks", () => {
  it("tells ages by the server's clock when this phone's is wrong by a month, or set right in between", async () => {
    const { server } = await phone();
    const month = 30 * 86_400_000;
    const real = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: real + month });
    try {
      server.now = () => new Date(real).toISOString();
      await queue(report(OTHER));
      await flush(); // hears that the phone is a month ahead
      server.on("POST /api/v1/sync/commands", () => json({ now: server.now(), results: [{ id: ID, status: "later" }] }));
      await queue(report(ID));
      vi.setSystemTime(real + 7_200_000); // two hours later the clock has been set right
      server.now = () => new Date(real + 7_200_000).toISOString();
      await flush();
      expect((await counts()).oldestAgeS).toBeGreaterThanOrEqual(7199);
      expect((await counts()).oldestAgeS).toBeLessThanOrEqual(7201);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("two people, one phone", () => {
  it("gives each his own store; what the other left stays sealed and is counted", async () => {
    await phone("7");
    await rememberUser("7");
    await queue(report());
    await openStore("8");
    await rememberUser("8");
    expect(await waiting()).toEqual([]);
    expect(await leftByOthers("8")).toBe(1);
    expect(await lastUser()).toBe("8");
    await openStore("7");
    expect(await waiting()).toMatchObject([{ id: ID }]);
    await destroyStore("7");
    await openStore("7");
    expect(await waiting()).toEqual([]);
    closeStore();
  });

  it("cannot be opened by a key made anew", async () => {
    const { store } = await phone("7");
    const sealed = await store.seal("秘密");
    const key = (await store.meta<CryptoKey>("key"))!;
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
    const other = await openStore("8");
    await expect(other.unseal(sealed)).rejects.toThrow();
  });
});

it("names this phone so that its owner knows it", () => {
  expect(label("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36")).toBe("Android, Chrome");
});
