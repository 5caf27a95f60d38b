// What the phone knows of its grids: places, open cases, what is due. Delta by a token; drift is found by count and digest.
import { serverNow } from "./clock";
import { setLink } from "./counts";
import { sha256 } from "../shared/sha256";
import { Line, Stopped } from "./line";
import { hear, tell } from "./news";
import type { SetRow } from "./rows";
import { current, currentOrNull, type Store } from "./store";
import { phoneId } from "./sync";

export type Collection =
  | "me"
  | "areas"
  | "compounds"
  | "buildings"
  | "checkpoints"
  | "rounds"
  | "cases"
  | "todo"
  | "visits"
  | "tasks"
  | "matters"
  | "notices"
  | "refused";

interface Delta {
  full: boolean;
  items: { id: string | number; v: string | number }[];
  gone: (string | number)[];
  count: number;
  digest: string;
}

interface Answer {
  now: string;
  token: string;
  on_duty: boolean;
  ends_on: string | null;
  collections: Record<string, Delta>;
}

export interface Fresh {
  /** Server's time of the last answer, ISO; null while there never was one. */
  at: string | null;
  endsOn: string | null;
}

const URL = "/api/v1/sync/working-set";
const STALE_DAYS = 7; // a phone that was not seen for a week holds nothing of the grid any more
const DAY = 86_400_000;

const held = new Map<string, unknown[]>();
hear("set", (name) => (name ? held.delete(name) : held.clear()));

function range(collection: string): IDBKeyRange {
  return IDBKeyRange.bound([collection], [collection, []]);
}

/** Everything of a collection, as the server last said; [] while nothing was fetched. */
export async function items<T>(collection: Collection): Promise<T[]> {
  const known = held.get(collection);
  if (known) return known as T[];
  const store = currentOrNull();
  if (!store) return [];
  const rows = await store.all<SetRow>("set", range(collection));
  const found = await Promise.all(rows.map((row) => store.unseal<T>(row.sealed)));
  held.set(collection, found);
  return found;
}

/** One item by its id. */
export async function item<T>(collection: Collection, id: string): Promise<T | undefined> {
  const row = await current().get<SetRow>("set", [collection, id]);
  return row && current().unseal<T>(row.sealed);
}

/** Calls `listener` when the collection changed, in this window or another; the answer ends it. */
export function onChange(collection: Collection, listener: () => void): () => void {
  return hear("set", (name) => {
    if (name === "" || name === collection) listener();
  });
}

/** First 16 hex digits of SHA-256 over the lines "id v", sorted by id: the same sum at the server. */
export async function digestOf(rows: { id: string; v: string }[]): Promise<string> {
  const lines = [...rows].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)).map(({ id, v }) => `${id} ${v}\n`);
  return (await sha256(new TextEncoder().encode(lines.join("")).buffer)).slice(0, 16);
}

/** How fresh the working set is, and to what day the post lasts. */
export async function freshness(): Promise<Fresh> {
  return ((await currentOrNull()?.meta<Fresh>("fresh")) as Fresh | undefined) ?? { at: null, endsOn: null };
}

let running: Promise<void> | null = null;

/** Fetches what changed. Resolves when done; rejects with `Stopped` when the server cannot be asked, all being kept. */
export function refresh(): Promise<void> {
  running ??= alone(run).finally(() => {
    running = null;
  });
  return running;
}

async function alone(work: () => Promise<void>): Promise<void> {
  if (navigator.locks) await navigator.locks.request("wangge-set", work);
  else await work();
}

async function run(): Promise<void> {
  const store = currentOrNull();
  if (!store) return;
  const line = await Line.open(store.userId);
  // A second time at most: a drift found on arrival is told at once, and the collection comes whole.
  for (let turn = 0; turn < 2; turn++) {
    const answer = await line.send("POST", URL, JSON.stringify(await question(store)), {
      "Content-Type": "application/json",
    });
    if (!answer.ok) throw new Stopped("busy");
    const said = (await answer.json().catch(() => null)) as Answer | null;
    if (!said?.collections) throw new Stopped("busy");
    if (said.on_duty === false) {
      await dropSet(); // no post today: nothing of any grid stays
      break;
    }
    if (await take(store, said)) break;
  }
  setLink({ online: true });
}

async function question(store: Store): Promise<object> {
  const rows = await store.all<SetRow>("set");
  const byName = new Map<string, SetRow[]>();
  for (const row of rows) byName.set(row.c, [...(byName.get(row.c) ?? []), row]);
  const sums = [...byName].map(
    async ([name, own]) => [name, { count: own.length, digest: await digestOf(own) }] as const,
  );
  return {
    phone: await phoneId(store),
    token: (await store.meta<string>("token")) ?? "",
    held: Object.fromEntries(await Promise.all(sums)),
  };
}

/** Writes the answer; true when every collection now is what the server says it is. */
async function take(store: Store, said: Answer): Promise<boolean> {
  const changed: string[] = [];
  let same = true;
  for (const [name, delta] of Object.entries(said.collections)) {
    const rows: SetRow[] = await Promise.all(
      delta.items.map(async (one) => ({ c: name, id: String(one.id), v: String(one.v), sealed: await store.seal(one) })),
    );
    if (delta.full || rows.length > 0 || delta.gone.length > 0) {
      await store.write(["set"], async (tx) => {
        if (delta.full) await tx.delete("set", range(name));
        for (const id of delta.gone) await tx.delete("set", [name, String(id)]);
        for (const row of rows) await tx.put("set", row);
      });
      changed.push(name);
    }
    const now = await store.all<SetRow>("set", range(name));
    if (now.length !== delta.count || (await digestOf(now)) !== delta.digest) same = false;
  }
  const fresh: Fresh = { at: said.now, endsOn: said.ends_on ?? null };
  await store.write(["meta"], async (tx) => {
    await tx.put("meta", said.token, "token");
    await tx.put("meta", fresh, "fresh");
  });
  for (const name of changed) tell("set", name);
  return same;
}

/**
 * Deletes the working set when the post has ended or the phone was not heard of for a week; true if it did. What waits
 * to be sent stays.
 */
export async function dropIfOver(): Promise<boolean> {
  const store = currentOrNull();
  if (!store) return false;
  const { at, endsOn } = await freshness();
  const ended = endsOn !== null && serverNow() >= endOf(endsOn);
  const stale = at !== null && serverNow() - Date.parse(at) > STALE_DAYS * DAY;
  if (!ended && !stale) return false;
  await dropSet();
  return true;
}

/** A day lasts to its midnight here; a moment is a moment. */
function endOf(text: string): number {
  return text.length === 10 ? new Date(`${text}T00:00:00`).getTime() + DAY : Date.parse(text);
}

/** Deletes everything the phone knows of its grids. */
export async function dropSet(): Promise<void> {
  await current().write(["set", "meta"], async (tx) => {
    await tx.clear("set");
    await tx.delete("meta", "token");
    await tx.delete("meta", "fresh");
  });
  tell("set");
}
