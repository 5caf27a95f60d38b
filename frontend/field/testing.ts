// For tests only: a fresh browser store, a server that answers as the contract says, and locks, which jsdom lacks.
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { vi } from "vitest";
import { rememberOffset } from "./clock";
import { setLink } from "./counts";
import { closeStore, openStore, type Store } from "./store";

type Handler = (request: { url: string; method: string; headers: Headers; body: unknown }) => Response | Promise<Response>;

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

/** Exclusive locks by name, in order of asking; `ifAvailable` as in the browser. */
class Locks {
  private readonly tails = new Map<string, Promise<unknown>>();
  private readonly taken = new Set<string>();

  async request(name: string, ...rest: unknown[]): Promise<unknown> {
    const work = rest.at(-1) as (lock: object | null) => unknown;
    const options = (rest.length > 1 ? rest[0] : {}) as { ifAvailable?: boolean };
    if (options.ifAvailable && this.taken.has(name)) return work(null);
    this.taken.add(name);
    const before = this.tails.get(name) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => work({ name }));
    this.tails.set(name, mine);
    try {
      return await mine;
    } finally {
      if (this.tails.get(name) === mine) this.taken.delete(name);
    }
  }
}

export class Server {
  readonly handlers = new Map<string, Handler>();
  readonly seen: { url: string; method: string; body: unknown; headers: Headers }[] = [];
  user = { id: "7", name: "林" };
  csrf = "t1";
  now = (): string => new Date().toISOString();
  /** Photos as they arrived. */
  readonly media = new Map<string, Uint8Array>();
  /** Commands carried out: id → the body it first came with. */
  readonly done = new Map<string, string>();

  constructor() {
    this.on("GET /api/v1/sync/hello", () => json({ now: this.now(), csrf: this.csrf, user: this.user }));
    this.on("POST /api/v1/sync/commands", ({ body }) => {
      const { commands } = body as { commands: { id: string; kind: string; data: unknown; occurred_at: string }[] };
      const results = commands.map((one) => {
        const said = JSON.stringify([one.kind, one.data, one.occurred_at]);
        const known = this.done.get(one.id);
        if (known !== undefined && known !== said) {
          return { id: one.id, status: "refused", replayed: false, answer: {}, problem: { code: "same-key-other-body", title: "…" } };
        }
        this.done.set(one.id, said);
        return { id: one.id, status: "done", replayed: known !== undefined, answer: { number: `NC-${one.id}` }, problem: null };
      });
      return json({ now: this.now(), results });
    });
    this.on("PUT /api/v1/media/", ({ url, body }) => {
      this.media.set(url.split("/").at(-1)!, new Uint8Array(body as ArrayBuffer));
      return json({}, 201);
    });
  }

  on(route: string, handler: Handler): void {
    this.handlers.set(route, handler);
  }

  async answer(url: string, init: RequestInit = {}): Promise<Response> {
    const method = init.method ?? "GET";
    const body: unknown = typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : init.body;
    const headers = new Headers(init.headers);
    this.seen.push({ url, method, body, headers });
    const found = [...this.handlers].filter(([route]) => `${method} ${url}`.startsWith(route)).sort(([a], [b]) => b.length - a.length)[0];
    return found ? found[1]({ url, method, headers, body }) : json({ title: "not found" }, 404);
  }

  /** Batches that carried something; the last one of a run only tells that nothing waits. */
  batches(): number {
    return this.seen.filter(({ url, body }) => url.endsWith("/commands") && (body as { commands: unknown[] }).commands.length > 0).length;
  }

  asked(route: string): number {
    return this.seen.filter(({ url, method }) => `${method} ${url}`.startsWith(route)).length;
  }
}

/** A phone that nobody has used, with a line to `server`. */
export async function phone(userId = "7"): Promise<{ store: Store; server: Server }> {
  closeStore();
  rememberOffset(null);
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("IDBKeyRange", IDBKeyRange);
  define("locks", new Locks());
  define("onLine", true);
  define("storage", { estimate: async () => ({ usage: 0, quota: 1e9 }), persisted: async () => true });
  setLink({ online: true, sending: false, login: false, otherUser: false });
  const server = new Server();
  vi.stubGlobal("fetch", (url: string, init?: RequestInit) => server.answer(url, init));
  return { store: await openStore(userId), server };
}

/** Sets a property of `navigator`. */
export function define(name: string, value: unknown): void {
  Object.defineProperty(navigator, name, { value, configurable: true, writable: true });
}

export function bytes(text: string): ArrayBuffer {
  return new Uint8Array(new TextEncoder().encode(text)).slice().buffer;
}
