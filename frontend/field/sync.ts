// The sender: one at a time over all windows. A record first, so that the desk sees it; then its photos, each by itself.
import { ageSeconds, deviceNow, heardServer, offset, rememberOffset, serverNow } from "./clock";
import { setLink } from "./counts";
import { Line, problemOf, Stopped } from "./line";
import { hear, tell } from "./news";
import { release } from "./outbox";
import { askToKeep, regain } from "./room";
import type { BytesRow, Content, FileRow, OutboxRow, Problem, SentRow } from "./rows";
import { current, currentOrNull, type Store, type StoreName, type Write } from "./store";

const COMMANDS = "/api/v1/sync/commands";
const MEDIA = "/api/v1/media";
const BATCH = 50;
const BATCH_BYTES = 1_000_000;
const CHUNK = 256 * 1024;
const FILES_AT_ONCE = 2;
const PAUSE = 20; // s between looks while something waits
const LONGEST_PAUSE = 300; // s
const KEPT_DAYS = 30;
const KEPT_SENT = 1000;
const POISON = new Set([400, 413, 422]); // the batch as a whole was refused
const PHOTO_REFUSED = new Set([400, 409, 413, 415, 422]);
const JSON_BODY = { "Content-Type": "application/json" };
const ALL: StoreName[] = ["outbox", "files", "bytes", "sent"];

interface Result {
  id: string;
  status: "done" | "refused" | "later";
  answer?: Record<string, unknown>;
  problem?: Problem | null;
  refused?: number | null;
}

/** What one run of the sender came to. */
export interface Flushed {
  acknowledged: number;
  refused: number;
  stopped: Stopped | null;
}

let running: Promise<Flushed> | null = null;
let again = false;

/** Sends everything that is due; resolves when nothing is left or it cannot go on. Two calls are one run and a look. */
export function flush(): Promise<Flushed> {
  if (running) {
    again = true;
    return running;
  }
  const total: Flushed = { acknowledged: 0, refused: 0, stopped: null };
  running = (async () => {
    do {
      again = false;
      total.stopped = null;
      await alone(() => run(total));
    } while (again && mayGoOn(total));
    return total;
  })().finally(() => {
    running = null;
  });
  return running;
}

/** The line may have come back in the very moment in which a try without one ended. */
function mayGoOn({ stopped }: Flushed): boolean {
  return !stopped || (stopped.reason === "offline" && navigator.onLine);
}

/** One sender over all windows; the lock of a killed one is free at once. */
async function alone(work: () => Promise<void>): Promise<void> {
  if (navigator.locks) await navigator.locks.request("wangge-flush", work);
  else await work();
}

async function run(total: Flushed): Promise<void> {
  const store = currentOrNull();
  if (!store) return;
  await takeBack(store);
  if (!(await due(store))) return;
  setLink({ sending: true });
  try {
    const line = await Line.open(store.userId);
    await store.setMeta("offset", offset());
    await sendCommands(store, line, total);
    await sendFiles(store, line, total);
    await tidySent(store);
    // The desk sees how much still waits in a phone: this run's end is told too.
    if (total.acknowledged > 0) await line.send("POST", COMMANDS, await envelope(store, [], []), JSON_BODY);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    total.stopped = error;
  } finally {
    await takeBack(store);
    if (total.acknowledged > 0 && (await store.reserve())) await store.takeReserve();
    setLink({ sending: false });
    tell("boxes");
  }
}

/** Whoever holds the lock is alone: what is still "sending" was left by a killed window. */
async function takeBack(store: Store): Promise<void> {
  await store.insist(["outbox", "files"], async (tx) => {
    for (const row of await tx.all<OutboxRow>("outbox")) {
      if (row.state === "sending") await tx.put("outbox", { ...row, state: "queued" });
    }
    for (const row of await tx.all<FileRow>("files")) {
      if (row.state === "sending") await tx.put("files", { ...row, state: "queued" });
    }
  });
}

function ready(row: { state: string; next_at: number }): boolean {
  // A clock that was set back must not hold anything up for a month.
  return row.state === "queued" && (row.next_at <= Date.now() || row.next_at > Date.now() + LONGEST_PAUSE * 1000);
}

async function due(store: Store): Promise<boolean> {
  const [outbox, files] = await Promise.all([store.all<OutboxRow>("outbox"), store.all<FileRow>("files")]);
  return outbox.some(ready) || files.some(ready);
}

function later(tries: number): number {
  return Date.now() + Math.min(LONGEST_PAUSE, PAUSE * 2 ** Math.min(tries, 8)) * 1000;
}

async function sendCommands(store: Store, line: Line, total: Flushed): Promise<void> {
  let most = BATCH;
  for (;;) {
    const rows = (await store.all<OutboxRow>("outbox")).filter(ready).sort((a, b) => a.seq - b.seq);
    const batch: OutboxRow[] = [];
    for (let size = 0; batch.length < Math.min(most, rows.length); ) {
      const row = rows[batch.length]!;
      size += row.size;
      if (batch.length > 0 && size > BATCH_BYTES) break;
      batch.push(row);
    }
    if (batch.length === 0) return;
    await mark(store, batch, "sending");
    tell("boxes");
    const contents = await Promise.all(batch.map((row) => store.unseal<Content>(row.sealed)));
    const begun = Date.now();
    const answer = await line.send("POST", COMMANDS, await envelope(store, batch, contents), JSON_BODY);
    if (POISON.has(answer.status)) {
      // One of them cannot be read: alone it is told apart from the others, which must not wait for it.
      await mark(store, batch, "queued");
      if (batch.length > 1) {
        most = 1;
        continue;
      }
      const problem = await problemOf(answer);
      await settle(store, batch, contents, [{ id: batch[0]!.id, status: "refused", problem }], total);
      continue;
    }
    if (!answer.ok) throw new Stopped("busy");
    const said = (await answer.json().catch(() => null)) as { now: string; results: Result[] } | null;
    if (!said?.results) throw new Stopped("busy");
    heardServer(said.now, begun);
    await settle(store, batch, contents, said.results, total);
    tell("boxes");
  }
}

async function mark(store: Store, batch: OutboxRow[], state: OutboxRow["state"]): Promise<void> {
  await store.insist(["outbox"], async (tx) => {
    for (const { id } of batch) {
      const row = await tx.get<OutboxRow>("outbox", id);
      if (row) await tx.put("outbox", { ...row, state });
    }
  });
}

async function envelope(store: Store, batch: OutboxRow[], contents: Content[]): Promise<string> {
  const outbox = (await store.all<OutboxRow>("outbox")).filter((row) => row.state !== "refused");
  const files = (await store.all<FileRow>("files")).filter((row) => row.state === "queued" || row.state === "sending");
  const records = outbox.filter((row) => row.state !== "acknowledged");
  return JSON.stringify({
    phone: await phoneId(store),
    clock: deviceNow(),
    waiting: records.length + files.length,
    oldest_age_s: outbox.reduce((oldest, row) => Math.max(oldest, ageSeconds(row.occurred_at, row.offset)), 0),
    persistent: await askToKeep(),
    label: label(),
    commands: batch.map((row, i) => ({
      id: row.id,
      kind: row.kind,
      occurred_at: row.occurred_at,
      data: contents[i]!.data,
    })),
  });
}

/** The name of this phone in this person's store; made once. */
export async function phoneId(store: Store): Promise<string> {
  return store.insist(["meta"], async (tx) => {
    const known = await tx.get<string>("meta", "phone");
    const id = known ?? crypto.randomUUID();
    if (!known) await tx.put("meta", id, "phone");
    return id;
  });
}

/** "Android, Chrome": so that a worker with two phones knows which one. */
export function label(agent = navigator.userAgent): string {
  const first = (names: string[]): string => names.find((name) => agent.includes(name)) ?? "";
  const system = first(["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"]);
  const browser = first(["MicroMessenger", "DingTalk", "HuaweiBrowser", "Edg", "Firefox", "Chrome", "Safari"]);
  return [system, browser].filter(Boolean).join(", ");
}

async function settle(store: Store, batch: OutboxRow[], contents: Content[], results: Result[], total: Flushed): Promise<void> {
  const said = new Map(results.map((result) => [result.id, result]));
  const sealed = await Promise.all(
    batch.map((row, i) => {
      const result = said.get(row.id);
      if (result?.status === "done") return store.seal({ title: contents[i]!.title, answer: result.answer ?? {} });
      if (result?.status === "refused") {
        return store.seal({ ...(result.problem ?? { code: "refused", title: "" }), refused: result.refused ?? null });
      }
      return null;
    }),
  );
  await store.insist(ALL, async (tx) => {
    for (const [i, { id }] of batch.entries()) {
      const row = await tx.get<OutboxRow>("outbox", id);
      if (!row) continue;
      const [status, told] = [said.get(id)?.status, sealed[i]];
      if (status === "done" && told) {
        await tx.put("outbox", { ...row, state: "acknowledged", answer: told });
        total.acknowledged += 1;
        await finish(tx, id);
      } else if (status === "refused" && told) {
        await tx.put("outbox", { ...row, state: "refused", problem: told });
        total.refused += 1;
      } else {
        await tx.put("outbox", { ...row, state: "queued", tries: row.tries + 1, next_at: later(row.tries) });
      }
    }
  });
}

/** Moves a command whose record and photos are all at the server to the box of the sent. */
async function finish(tx: Write, id: string): Promise<void> {
  const row = await tx.get<OutboxRow>("outbox", id);
  if (row?.state !== "acknowledged" || !row.answer) return;
  for (const sha of row.photos) {
    const file = await tx.get<FileRow>("files", sha);
    if (file && file.state !== "acknowledged") return;
  }
  const sent: SentRow = {
    id,
    kind: row.kind,
    at: new Date(serverNow()).toISOString(),
    occurred_at: row.occurred_at,
    photos: row.photos.length,
    sealed: row.answer,
  };
  await tx.put("sent", sent);
  await tx.delete("outbox", id);
  await release(tx, id);
}

/**
 * Two at a time: on a far line the second one travels while the first waits for its answer. What was queued meanwhile
 * goes before the photos that are left: the desk is to see a record early, its photos can wait.
 */
async function sendFiles(store: Store, line: Line, total: Flushed): Promise<void> {
  const taken = new Set<string>();
  const next = async (): Promise<FileRow | undefined> => {
    const seqs = new Map((await store.all<OutboxRow>("outbox")).map((row) => [row.id, row.seq]));
    const first = (row: FileRow): number => Math.min(...row.belongs.map((id) => seqs.get(id) ?? Infinity));
    const files = (await store.all<FileRow>("files")).filter((row) => ready(row) && !taken.has(row.sha));
    const file = files.sort((a, b) => first(a) - first(b))[0];
    if (file) taken.add(file.sha);
    return file;
  };
  const one = async (): Promise<void> => {
    for (let file = await next(); file; file = again ? undefined : await next()) await sendFile(store, line, file, total);
  };
  const ends = await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, one));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

async function sendFile(store: Store, line: Line, file: FileRow, total: Flushed): Promise<void> {
  const held = await store.get<BytesRow>("bytes", file.sha);
  const bytes = held ? await store.unsealBytes(held.sealed).catch(() => null) : null;
  if (!bytes) {
    const lost: Problem = { code: "photo-unreadable", title: "" };
    await filed(store, file.sha, "refused", await store.seal(lost));
    return;
  }
  await filed(store, file.sha, "sending");
  const answer =
    bytes.byteLength <= CHUNK
      ? await line.send("PUT", `${MEDIA}/${file.sha}`, bytes, { "Content-Type": file.mime })
      : await inParts(store, line, file, bytes);
  if (answer.ok) {
    await filed(store, file.sha, "acknowledged");
    total.acknowledged += 1;
    await regain(store); // what went may have made room
  } else if (PHOTO_REFUSED.has(answer.status)) {
    await filed(store, file.sha, "refused", await store.seal(await problemOf(answer)));
    total.refused += 1;
  } else {
    await filed(store, file.sha, "queued");
  }
  tell("boxes");
}

/** Goes on where the server says it left off. The answer is that of the last part. */
async function inParts(store: Store, line: Line, file: FileRow, bytes: ArrayBuffer): Promise<Response> {
  const url = `${MEDIA}/${file.sha}/part`;
  const asked = await line.send("GET", url);
  if (!asked.ok) return asked;
  let { received } = (await asked.clone().json()) as { received: number; complete: boolean };
  if (((await asked.clone().json()) as { complete: boolean }).complete) return asked;
  for (let wrong = 0; ; ) {
    const answer = await line.send("PATCH", url, bytes.slice(received, received + CHUNK), {
      "Content-Type": file.mime,
      "Upload-Offset": String(received),
      "Upload-Length": String(bytes.byteLength),
    });
    const said = (await answer.clone().json().catch(() => ({}))) as { received?: number; complete?: boolean };
    if (answer.status === 409 && typeof said.received === "number" && wrong < 5) {
      wrong += 1;
      received = said.received;
      continue;
    }
    if (!answer.ok || said.complete) return answer;
    received = said.received ?? received + CHUNK;
    await store.insist(["files"], async (tx) => {
      const row = await tx.get<FileRow>("files", file.sha);
      if (row) await tx.put("files", { ...row, received });
    });
    if (received >= bytes.byteLength) return answer;
  }
}

async function filed(store: Store, sha: string, state: FileRow["state"], problem?: FileRow["problem"]): Promise<void> {
  await store.insist(ALL, async (tx) => {
    const row = await tx.get<FileRow>("files", sha);
    if (!row) return;
    const back = state === "queued";
    await tx.put("files", {
      ...row,
      state,
      ...(problem && { problem }),
      ...(back && { tries: row.tries + 1, next_at: later(row.tries) }),
    });
    if (state !== "acknowledged") return;
    await tx.delete("bytes", sha);
    for (const one of await tx.all<OutboxRow>("outbox")) if (one.photos.includes(sha)) await finish(tx, one.id);
  });
}

async function tidySent(store: Store): Promise<void> {
  const since = new Date(serverNow() - KEPT_DAYS * 86_400_000).toISOString();
  await store.insist(["sent"], async (tx) => {
    const rows = (await tx.all<SentRow>("sent")).sort((a, b) => (a.at < b.at ? 1 : -1));
    for (const [i, row] of rows.entries()) if (i >= KEPT_SENT || row.at < since) await tx.delete("sent", row.id);
  });
}

/** Takes up what an earlier visit left: its measure of the clock, and what it was just sending. */
export async function takeUp(): Promise<void> {
  const store = current();
  rememberOffset((await store.meta<number | null>("offset")) ?? null);
  if (!navigator.locks) return takeBack(store);
  await navigator.locks.request("wangge-flush", { ifAvailable: true }, async (lock) => {
    if (lock) await takeBack(store); // else another window is sending just now
  });
}

/**
 * Sends now and from now on: when the line comes back, when the page is looked at again, after each queueing, and every
 * 20 s while something waits (up to 5 min while it fails). `done` hears of every run. The answer ends it.
 */
export function keepSending(done: (found: Flushed) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let over = false;
  const go = (): void => {
    clearTimeout(timer);
    void flush()
      .then((found) => {
        failures = found.stopped ? failures + 1 : 0;
        if (!over) done(found);
        return Math.max(found.stopped?.wait ?? 0, Math.min(LONGEST_PAUSE, PAUSE * 2 ** Math.max(0, failures - 1)));
      })
      .catch((error: unknown) => {
        console.error(error);
        return PAUSE;
      })
      .then((pause) => {
        clearTimeout(timer);
        if (!over) timer = setTimeout(go, pause * 1000);
      });
  };
  const anew = (): void => {
    failures = 0;
    go();
  };
  const seen = (): void => {
    if (document.visibilityState === "visible") anew();
  };
  const back = (): void => {
    setLink({ online: true });
    anew();
  };
  const gone = (): void => setLink({ online: false });
  window.addEventListener("online", back);
  window.addEventListener("offline", gone);
  document.addEventListener("visibilitychange", seen);
  const end = hear("queued", anew);
  go();
  return () => {
    over = true;
    clearTimeout(timer);
    window.removeEventListener("online", back);
    window.removeEventListener("offline", gone);
    document.removeEventListener("visibilitychange", seen);
    end();
  };
}
