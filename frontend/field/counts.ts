// The four boxes and the strip: true counts, in every window.
import { ageSeconds } from "./clock";
import { hear } from "./news";
import { roomFor, type Room } from "./room";
import type { FileRow, OutboxRow } from "./rows";
import { currentOrNull } from "./store";

export interface Counts {
  drafts: number;
  /** Commands whose record or photos the server does not have all of. */
  waiting: number;
  /** Commands that the server would not carry out; it keeps them and waits for a look. */
  refused: number;
  sent: number;
  /** 待我办: what waits for me, as the working set says. */
  mine: number;
  /** Photos not yet at the server. */
  photos: number;
  /** Age of the oldest unsent command in seconds; 0 when none waits. */
  oldestAgeS: number;
  online: boolean;
  sending: boolean;
  /** The server wants a log-in before it takes anything. */
  login: boolean;
  /** Somebody else is logged in than the one whose store this is. */
  otherUser: boolean;
  room: Room;
}

const link = { online: typeof navigator === "undefined" || navigator.onLine, sending: false, login: false, otherUser: false };
let shown = JSON.stringify(link);

/** What the sender found out about the connection. */
export function setLink(found: Partial<typeof link>): void {
  Object.assign(link, found);
  if (JSON.stringify(link) === shown) return;
  shown = JSON.stringify(link);
  for (const due of waitingListeners) due();
}

export function linkNow(): Readonly<typeof link> {
  return link;
}

const waitingListeners = new Set<() => void>();
const TICK = 30_000; // ages grow without any news

/** The counts as they are now. */
export async function counts(): Promise<Counts> {
  const store = currentOrNull();
  const none = { drafts: 0, waiting: 0, refused: 0, sent: 0, mine: 0, photos: 0, oldestAgeS: 0, room: "ok" as Room };
  if (!store) return { ...none, ...link };
  const room = await roomFor();
  // At one moment: what is just being sent lies in one box, neither in both nor in none.
  const [drafts, outbox, files, sent, mine] = await store.read(["drafts", "outbox", "files", "sent", "set"], (tx) =>
    Promise.all([
      tx.count("drafts"),
      tx.all<OutboxRow>("outbox"),
      tx.all<FileRow>("files"),
      tx.count("sent"),
      tx.count("set", IDBKeyRange.bound(["todo"], ["todo", []])),
    ]),
  );
  const due = outbox.filter((row) => row.state !== "refused");
  return {
    drafts,
    waiting: due.length,
    refused: outbox.length - due.length,
    sent,
    mine,
    photos: files.filter((row) => row.state !== "held" && row.state !== "acknowledged").length,
    oldestAgeS: due.reduce((oldest, row) => Math.max(oldest, ageSeconds(row.occurred_at, row.offset)), 0),
    room,
    ...link,
  };
}

/** Calls `listener` now and at every change, in this window or another; the answer ends it. */
export function watch(listener: (counts: Counts) => void): () => void {
  let running = false;
  let again = false;
  let over = false;
  const due = (): void => {
    again = true;
    if (!running) void look();
  };
  const look = async (): Promise<void> => {
    running = true;
    while (again && !over) {
      again = false;
      const found = await counts().catch(() => null); // the store is being exchanged for another person's
      if (found && !over) listener(found);
    }
    running = false;
  };
  waitingListeners.add(due);
  const ends = [hear("boxes", due), hear("set", due)];
  const timer = setInterval(due, TICK);
  due();
  return () => {
    over = true;
    waitingListeners.delete(due);
    clearInterval(timer);
    for (const end of ends) end();
  };
}
