// What is not sent can be carried: to a file that only its code opens, and from it into any phone of the same person.
import { sha256 } from "../shared/sha256";
import { tell } from "./news";
import type { BytesRow, Content, DraftRow, FileRow, Kind, OutboxRow } from "./rows";
import { openBytes, sealBytes } from "./seal";
import { current } from "./store";

const FORMAT = "wangge-unsent/1";
const ROUNDS = 200_000; // the code itself has 80 random bits
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; // none that looks like another
const GROUPS = 4;

/** The file is somebody else's, or no such file, or the code is wrong. */
export class CarryError extends Error {
  constructor(readonly why: "bad" | "code" | "other") {
    super(why);
  }
}

export interface Carried {
  file: Blob;
  name: string;
  /** What opens it; nowhere kept. */
  code: string;
  count: number;
}

interface Outer {
  format: string;
  user: string;
  made: string;
  salt: string;
  iv: string;
  body: string;
}

interface Inner {
  outbox: (Content & { id: string; kind: Kind; occurred_at: string; offset: number | null; photos: string[]; acknowledged: boolean })[];
  drafts: (Content & { id: string; screen: string; at: string; photos: string[] })[];
  files: { sha: string; mime: string; belongs: string[]; bytes: string }[];
}

function toText(bytes: ArrayBuffer): string {
  let text = "";
  const view = new Uint8Array(bytes);
  for (let i = 0; i < view.length; i += 0x8000) text += String.fromCharCode(...view.subarray(i, i + 0x8000));
  return btoa(text);
}

function fromText(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer;
}

function freshCode(): string {
  const drawn = crypto.getRandomValues(new Uint8Array(GROUPS * 4));
  const letters = [...drawn].map((n) => LETTERS[n % LETTERS.length]).join("");
  return letters.match(/.{4}/g)!.join("-");
}

async function keyOf(code: string, salt: ArrayBuffer): Promise<CryptoKey> {
  const plain = new TextEncoder().encode(code.toUpperCase().replace(/[^A-Z0-9]/g, ""));
  const base = await crypto.subtle.importKey("raw", plain, "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(salt), iterations: ROUNDS },
    base,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** Everything unsent (drafts, waiting, returned, with photos) as one encrypted file. Nothing is deleted here. */
export async function exportAll(): Promise<Carried> {
  const store = current();
  const [outbox, drafts, files] = await Promise.all([
    store.all<OutboxRow>("outbox"),
    store.all<DraftRow>("drafts"),
    store.all<FileRow>("files"),
  ]);
  const inner: Inner = { outbox: [], drafts: [], files: [] };
  for (const row of outbox.sort((a, b) => a.seq - b.seq)) {
    const { id, kind, occurred_at, offset, photos } = row;
    const acknowledged = row.state === "acknowledged";
    inner.outbox.push({ ...(await store.unseal<Content>(row.sealed)), id, kind, occurred_at, offset, photos, acknowledged });
  }
  for (const { id, screen, at, photos, sealed } of drafts) {
    inner.drafts.push({ ...(await store.unseal<Content>(sealed)), id, screen, at, photos });
  }
  for (const { sha, mime, belongs } of files) {
    const held = await store.get<BytesRow>("bytes", sha);
    if (held) inner.files.push({ sha, mime, belongs, bytes: toText(await store.unsealBytes(held.sealed)) });
  }
  const code = freshCode();
  const salt = crypto.getRandomValues(new Uint8Array(16)).buffer;
  const { iv, body } = await sealBytes(await keyOf(code, salt), new TextEncoder().encode(JSON.stringify(inner)).buffer);
  const made = new Date().toISOString();
  const outer: Outer = { format: FORMAT, user: store.userId, made, salt: toText(salt), iv: toText(iv), body: toText(body) };
  return {
    file: new Blob([JSON.stringify(outer)], { type: "application/json" }),
    name: `wangge-${made.slice(0, 16).replace(/[-:T]/g, "")}.json`,
    code,
    count: inner.outbox.length + inner.drafts.length,
  };
}

/**
 * Puts what a file holds into this person's outbox and drafts, under the ids it had: what the server has already is
 * answered as before, so nothing is sent twice. Rejects with `CarryError` or `QuotaError`, nothing being changed.
 */
export async function importAll(file: Blob, code: string): Promise<{ taken: number; known: number }> {
  const store = current();
  const outer = outerOf(new TextDecoder().decode(await file.arrayBuffer()));
  if (outer.user !== store.userId) throw new CarryError("other");
  const inner = await innerOf(outer, code);
  const files = await Promise.all(
    inner.files.map(async ({ sha, mime, belongs, bytes }) => {
      const plain = fromText(bytes);
      if ((await sha256(plain)) !== sha) throw new CarryError("bad");
      return { row: { sha, mime, belongs, size: plain.byteLength }, sealed: await store.sealBytes(plain) };
    }),
  );
  const outbox = await Promise.all(inner.outbox.map(async (one) => ({ one, sealed: await store.seal({ title: one.title, data: one.data }) })));
  const drafts = await Promise.all(inner.drafts.map(async (one) => ({ one, sealed: await store.seal({ title: one.title, data: one.data }) })));
  const count = { taken: 0, known: 0 };
  await store.write(["outbox", "drafts", "files", "bytes", "sent", "meta"], async (tx) => {
    let seq = (await tx.get<number>("meta", "seq")) ?? 0;
    const fresh = new Set<string>();
    for (const { one, sealed } of outbox) {
      if ((await tx.get("outbox", one.id)) || (await tx.get("sent", one.id))) {
        count.known += 1;
        continue;
      }
      const { id, kind, occurred_at, offset, photos } = one;
      const row: OutboxRow = { id, seq: ++seq, kind, state: "queued", occurred_at, offset, tries: 0, next_at: 0, sealed, photos, size: sealed.body.byteLength };
      await tx.put("outbox", row);
      fresh.add(id);
    }
    for (const { one, sealed } of drafts) {
      if ((await tx.get("drafts", one.id)) || (await tx.get("outbox", one.id)) || (await tx.get("sent", one.id))) {
        count.known += 1;
        continue;
      }
      const { id, screen, at, photos } = one;
      await tx.put("drafts", { id, screen, at, offset: null, photos, sealed } satisfies DraftRow);
      fresh.add(id);
    }
    await tx.put("meta", seq, "seq");
    for (const { row, sealed } of files) {
      const wanted = row.belongs.filter((id) => fresh.has(id));
      if (wanted.length === 0) continue;
      const known = await tx.get<FileRow>("files", row.sha);
      const sends = outbox.some(({ one }) => wanted.includes(one.id));
      if (known && known.state !== "acknowledged") {
        known.belongs = [...new Set([...known.belongs, ...wanted])];
        if (sends && known.state === "held") known.state = "queued";
        await tx.put("files", known);
        continue;
      }
      const made: FileRow = { ...row, belongs: [...(known?.belongs ?? []), ...wanted], state: sends ? "queued" : "held", received: 0, tries: 0, next_at: 0 };
      await tx.put("files", made);
      await tx.put("bytes", { sha: row.sha, sealed } satisfies BytesRow);
    }
    count.taken = fresh.size;
  });
  tell("boxes");
  tell("queued");
  return count;
}

function outerOf(text: string): Outer {
  try {
    const outer = JSON.parse(text) as Outer;
    if (outer.format === FORMAT) return outer;
  } catch {
    // told below
  }
  throw new CarryError("bad");
}

async function innerOf(outer: Outer, code: string): Promise<Inner> {
  const key = await keyOf(code, fromText(outer.salt));
  const plain = await openBytes(key, { iv: fromText(outer.iv), body: fromText(outer.body) }).catch(() => {
    throw new CarryError("code");
  });
  return JSON.parse(new TextDecoder().decode(plain)) as Inner;
}
