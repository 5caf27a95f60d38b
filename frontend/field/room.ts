// Is there room for another photo? Asked before, so that nobody loses one to a full phone.
import { currentOrNull, QuotaError, type Store } from "./store";

export type Room = "ok" | "warn" | "full";

const WARN = 0.8;
const FULL = 0.95;
const REGAIN = 10_000; // ms between tries to take the reserve again

/**
 * What `bytes` more would do. By the browser's own figures, which newer ones no longer tell honestly (a phone's free space
 * says too much about its owner), and by our reserve: it is given up only when a write has found no room.
 */
export async function roomFor(bytes = 0): Promise<Room> {
  const reserve = await currentOrNull()?.reserve();
  if (reserve && !reserve.spare) return reserve.last ? "warn" : "full";
  try {
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    if (!quota) return "ok";
    const share = (usage + bytes) / quota;
    return share >= FULL ? "full" : share >= WARN ? "warn" : "ok";
  } catch {
    return "ok";
  }
}

/** Rejects with `QuotaError` while there is still room for what is already here. */
export async function needRoom(bytes: number): Promise<void> {
  if (bytes === 0 || (await roomFor(bytes)) !== "full") return;
  const store = currentOrNull();
  if (await store?.reserve()) await store?.takeReserve(); // a photo deleted elsewhere may have made room meanwhile
  if ((await roomFor(bytes)) === "full") throw new QuotaError("less than a twentieth of the room is left");
}

let tried = -Infinity;

/** Takes again what was given up of the reserve, as far as there is room; asked after each photo, done now and then. */
export async function regain(store: Store): Promise<void> {
  const held = await store.reserve();
  if (!held || (held.spare && held.last) || performance.now() - tried < REGAIN) return;
  tried = performance.now();
  await store.takeReserve();
}

/** Asks the browser to keep what it stores; true if it promised. */
export async function askToKeep(): Promise<boolean> {
  try {
    return (await navigator.storage?.persisted?.()) || (await navigator.storage?.persist?.()) || false;
  } catch {
    return false;
  }
}
