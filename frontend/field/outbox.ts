// Drafts, what waits to be sent, and what was sent. A record and its photos are written in one transaction or not at all.
import { sha256 } from "../shared/sha256";
import { ageSeconds, deviceNow, offset } from "./clock";
import { tell } from "./news";
import { needRoom } from "./room";
import type {
  BytesRow,
  CapturedFile,
  Content,
  DraftRow,
  FileRow,
  Kind,
  OutboxRow,
  Problem,
  SentRow,
  State,
} from "./rows";
import type { Sealed } from "./seal";
import { current, type Store, type StoreName, type Write } from "./store";

export type { CapturedFile, Kind, Problem, State } from "./rows";
export { QuotaError } from "./store";
export { watch, type Counts } from "./counts";

/** What is queued under one id stays as it is: this one was already sent, perhaps from another window. */
export class AlreadyQueuedError extends Error {
  override readonly name = "AlreadyQueuedError";
}

export interface Command {
  /** A UUID made by the phone; for a report it becomes the report's own id. A draft keeps its id when it is sent. */
  id: string;
  kind: Kind;
  data: object;
  /** One line for the lists: what this is, in the worker's words. */
  title: string;
  /** Every sha256 that `data` names; without it the files given, and those that the draft of this id holds. */
  photos?: string[];
}

export interface Draft {
  id: string;
  /** The name of the screen that opens it again. */
  screen: string;
  title: string;
  data: object;
  photos: string[];
  /** Device clock; set when it is kept. */
  at?: string;
}

export interface Queued {
  id: string;
  kind: Kind;
  state: State;
  occurredAt: string;
  ageS: number;
  title: string;
  photos: string[];
  /** Photos that the server does not have yet. */
  missing: number;
  tries: number;
  problem?: Problem;
  /** Why a photo of it was refused for good. */
  photoProblem?: Problem;
}

export interface Sent {
  id: string;
  kind: Kind;
  title: string;
  at: string;
  occurredAt: string;
  answer: Record<string, unknown>;
}

const ALL: StoreName[] = ["drafts", "outbox", "files", "bytes", "sent", "meta"];

/** A blob with its sha256, as `queue` and `saveDraft` take it. */
export async function captured(blob: Blob): Promise<CapturedFile> {
  const bytes = await blob.arrayBuffer();
  return { sha: await sha256(bytes), mime: blob.type || "application/octet-stream", bytes };
}

interface SealedFile {
  file: CapturedFile;
  sealed: Sealed;
}

async function sealAll(store: Store, files: CapturedFile[]): Promise<SealedFile[]> {
  return Promise.all(files.map(async (file) => ({ file, sealed: await store.sealBytes(file.bytes) })));
}

function weight(files: CapturedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

/** Puts files into the store as belonging to `id`; one that is there already is not written again. */
async function keep(tx: Write, id: string, files: SealedFile[], state: "held" | "queued"): Promise<void> {
  for (const { file, sealed } of files) {
    const { sha, mime } = file;
    const known = await tx.get<FileRow>("files", sha);
    const row: FileRow =
      known && known.state !== "acknowledged"
        ? known
        : { sha, mime, size: file.bytes.byteLength, state, received: 0, tries: 0, next_at: 0, belongs: known?.belongs ?? [] };
    if (row !== known) await tx.put("bytes", { sha, sealed } satisfies BytesRow);
    if (!row.belongs.includes(id)) row.belongs.push(id);
    if (state === "queued" && row.state === "held") row.state = "queued";
    await tx.put("files", row);
  }
}

/** Lets go of the files of `id` but those in `keeping`; what nobody wants any more is deleted. */
export async function release(tx: Write, id: string, keeping: string[] = []): Promise<void> {
  for (const row of await tx.all<FileRow>("files")) {
    if (!row.belongs.includes(id) || keeping.includes(row.sha)) continue;
    row.belongs = row.belongs.filter((one) => one !== id);
    if (row.belongs.length > 0) {
      await tx.put("files", row);
      continue;
    }
    await tx.delete("files", row.sha);
    await tx.delete("bytes", row.sha);
  }
}

async function refuseTwice(tx: Write, id: string): Promise<void> {
  if ((await tx.get("outbox", id)) || (await tx.get("sent", id))) throw new AlreadyQueuedError(id);
}

/**
 * Puts a command into the outbox, with its photos, in one transaction on the disk; the draft of the same id goes.
 * Rejects with `QuotaError` (nothing was written, the draft is still there) or `AlreadyQueuedError`.
 */
export async function queue(command: Command, files: CapturedFile[] = []): Promise<void> {
  const store = current();
  await needRoom(weight(files));
  const content: Content = { title: command.title, data: command.data };
  const [sealed, sealedFiles] = await Promise.all([store.seal(content), sealAll(store, files)]);
  const occurredAt = deviceNow();
  await store.write(ALL, async (tx) => {
    await refuseTwice(tx, command.id);
    await keep(tx, command.id, sealedFiles, "queued");
    const rows = await tx.all<FileRow>("files");
    const mine = rows.filter((row) => row.belongs.includes(command.id)).map((row) => row.sha);
    const photos = [...new Set(command.photos ?? mine)];
    const lacking = photos.find((sha) => !rows.some((row) => row.sha === sha));
    if (lacking) throw new Error(`no such photo on this phone: ${lacking}`);
    await release(tx, command.id, photos);
    for (const row of rows) {
      if (!photos.includes(row.sha)) continue;
      if (!row.belongs.includes(command.id)) row.belongs.push(command.id);
      if (row.state === "held") row.state = "queued";
      await tx.put("files", row);
    }
    const seq = ((await tx.get<number>("meta", "seq")) ?? 0) + 1;
    await tx.put("meta", seq, "seq");
    const row: OutboxRow = {
      id: command.id,
      seq,
      kind: command.kind,
      state: "queued",
      occurred_at: occurredAt,
      offset: offset(),
      tries: 0,
      next_at: 0,
      sealed,
      photos,
      size: sealed.body.byteLength,
    };
    await tx.put("outbox", row);
    await tx.delete("drafts", command.id);
  });
  tell("boxes");
  tell("queued");
}

/** Keeps a draft, and `files` that are new with it; photos it no longer names go. Rejects as `queue` does. */
export async function saveDraft(draft: Draft, files: CapturedFile[] = []): Promise<void> {
  const store = current();
  await needRoom(weight(files));
  const content: Content = { title: draft.title, data: draft.data };
  const [sealed, sealedFiles] = await Promise.all([store.seal(content), sealAll(store, files)]);
  await store.write(ALL, async (tx) => {
    await refuseTwice(tx, draft.id);
    await keep(tx, draft.id, sealedFiles, "held");
    await release(tx, draft.id, draft.photos);
    // A photo of a returned command that is written anew: it stays when that command is put away.
    for (const sha of draft.photos) {
      const row = await tx.get<FileRow>("files", sha);
      if (row && !row.belongs.includes(draft.id)) await tx.put("files", { ...row, belongs: [...row.belongs, draft.id] });
    }
    const row: DraftRow = {
      id: draft.id,
      screen: draft.screen,
      at: deviceNow(),
      offset: offset(),
      photos: draft.photos,
      sealed,
    };
    await tx.put("drafts", row);
  });
  tell("boxes");
}

/** Every draft, the one last written first. */
export async function drafts(): Promise<Draft[]> {
  const store = current();
  const rows = await store.all<DraftRow>("drafts");
  rows.sort((a, b) => (a.at < b.at ? 1 : -1));
  return Promise.all(rows.map((row) => openDraft(store, row)));
}

export async function draft(id: string): Promise<Draft | undefined> {
  const row = await current().get<DraftRow>("drafts", id);
  return row && openDraft(current(), row);
}

async function openDraft(store: Store, row: DraftRow): Promise<Draft> {
  const { title, data } = await store.unseal<Content>(row.sealed);
  return { id: row.id, screen: row.screen, title, data, photos: row.photos, at: row.at };
}

export async function dropDraft(id: string): Promise<void> {
  await current().write(ALL, async (tx) => {
    await tx.delete("drafts", id);
    if (!(await tx.get("outbox", id))) await release(tx, id);
  });
  tell("boxes");
}

/** A photo that is still on this phone. */
export async function fileOf(sha: string): Promise<CapturedFile | undefined> {
  const [row, held] = await Promise.all([
    current().get<FileRow>("files", sha),
    current().get<BytesRow>("bytes", sha),
  ]);
  return row && held && { sha, mime: row.mime, bytes: await current().unsealBytes(held.sealed) };
}

/** What waits or was refused, oldest first. */
export async function waiting(): Promise<Queued[]> {
  const store = current();
  const rows = (await store.all<OutboxRow>("outbox")).sort((a, b) => a.seq - b.seq);
  const files = new Map((await store.all<FileRow>("files")).map((row) => [row.sha, row]));
  return Promise.all(
    rows.map(async (row) => {
      const lacking = row.photos.map((sha) => files.get(sha)).filter((file) => file && file.state !== "acknowledged");
      const refused = lacking.find((file) => file?.problem)?.problem;
      return {
        id: row.id,
        kind: row.kind,
        state: row.state,
        occurredAt: row.occurred_at,
        ageS: ageSeconds(row.occurred_at, row.offset),
        title: (await store.unseal<Content>(row.sealed)).title,
        photos: row.photos,
        missing: lacking.length,
        tries: row.tries,
        ...(row.problem && { problem: await store.unseal<Problem>(row.problem) }),
        ...(refused && { photoProblem: await store.unseal<Problem>(refused) }),
      };
    }),
  );
}

/** What a queued or refused command says, to show it or to begin anew from it. */
export async function content(id: string): Promise<Command | undefined> {
  const row = await current().get<OutboxRow>("outbox", id);
  if (!row) return undefined;
  return { id, kind: row.kind, photos: row.photos, ...(await current().unseal<Content>(row.sealed)) };
}

/** What the server has acknowledged in the last 30 days, newest first; at most so many. */
export async function sent(most = 200): Promise<Sent[]> {
  const store = current();
  const rows = (await store.all<SentRow>("sent")).sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, most);
  return Promise.all(
    rows.map(async (row) => {
      const held = await store.unseal<{ title: string; answer: Record<string, unknown> }>(row.sealed);
      return { id: row.id, kind: row.kind, at: row.at, occurredAt: row.occurred_at, ...held };
    }),
  );
}

/**
 * Sends again at once. What was refused becomes a new command under a new id, which is the answer: the refusal itself
 * stays with the server.
 */
export async function retry(id: string): Promise<string> {
  const fresh = crypto.randomUUID();
  const found = await current().write(ALL, async (tx) => {
    const row = await tx.get<OutboxRow>("outbox", id);
    if (!row) return id;
    const anew = row.state === "refused";
    for (const file of await tx.all<FileRow>("files")) {
      if (!file.belongs.includes(id)) continue;
      if (anew) file.belongs = file.belongs.map((one) => (one === id ? fresh : one));
      if (file.state === "refused") {
        file.state = "queued";
        delete file.problem;
      }
      await tx.put("files", { ...file, next_at: 0, tries: 0 });
    }
    if (!anew) {
      await tx.put("outbox", { ...row, next_at: 0, tries: 0 });
      return id;
    }
    const { problem: _problem, ...kept } = row;
    await tx.delete("outbox", id);
    await tx.put("outbox", { ...kept, id: fresh, state: "queued", next_at: 0, tries: 0 });
    return fresh;
  });
  tell("boxes");
  tell("queued");
  return found;
}

/** Puts away what the server refused and keeps for itself; anything else stays. */
export async function discardRefused(id: string): Promise<void> {
  await current().write(ALL, async (tx) => {
    const row = await tx.get<OutboxRow>("outbox", id);
    if (row?.state !== "refused") return;
    await tx.delete("outbox", id);
    await release(tx, id);
  });
  tell("boxes");
}

/**
 * Takes the draft `id` for this window; null when another window has it open. Call `release` of the answer to let go;
 * a closed or killed window lets go by itself.
 */
export async function lockDraft(id: string): Promise<{ release(): void } | null> {
  if (!navigator.locks) return { release: () => undefined };
  return new Promise((done) => {
    void navigator.locks.request(`wangge-draft-${id}`, { ifAvailable: true }, (lock) => {
      if (!lock) {
        done(null);
        return undefined;
      }
      return new Promise<void>((end) => done({ release: end }));
    });
  });
}
