// For `make bench NAME=offline` alone and no part of the app: a second window's outbox, called from outside.
import { rememberOffset } from "./clock";
import { AlreadyQueuedError, captured, draft, queue, QuotaError, saveDraft } from "./outbox";
import { roomFor } from "./room";
import { lastUser, openStore, type Store } from "./store";

export interface Driven {
  id: string;
  text: string;
  area: number;
  /** JPEG files, base64. */
  photos: string[];
}

async function mine(): Promise<Store> {
  const user = await lastUser();
  if (user === null) throw new Error("nobody has used this phone");
  const store = await openStore(user);
  rememberOffset((await store.meta<number | null>("offset")) ?? null);
  return store;
}

/** Keeps a draft or queues a report, as the report screen does: "kept", "full" (nothing was written) or "known". */
export async function put(report: Driven, how: "draft" | "queue"): Promise<"kept" | "full" | "known"> {
  await mine();
  const { id, text, area } = report;
  const blobs = report.photos.map((one) => Uint8Array.from(atob(one), (letter) => letter.charCodeAt(0)));
  const files = await Promise.all(blobs.map((bytes) => captured(new Blob([bytes], { type: "image/jpeg" }))));
  const photos = files.map((file) => file.sha);
  const data = { text, place: { area }, photos };
  try {
    if (how === "draft") await saveDraft({ id, screen: "report", title: text, data, photos }, files);
    else if (await draft(id)) await queue({ id, kind: "report.make", data, title: text, photos });
    else await queue({ id, kind: "report.make", data, title: text }, files);
    return "kept";
  } catch (error) {
    if (error instanceof QuotaError) return "full";
    if (error instanceof AlreadyQueuedError) return "known";
    throw error;
  }
}

/** In which box something lies; "" in none. */
export async function where(id: string): Promise<string> {
  const store = await mine();
  for (const box of ["drafts", "outbox", "sent"] as const) if (await store.get(box, id)) return box;
  return "";
}

/** What the app makes of the browser's room. */
export async function room(): Promise<string> {
  await mine();
  return roomFor();
}
