// What becomes of a refused command: the server keeps it, and is told by commands of their own.
import { content, queue, waiting, type Kind } from "./outbox";
import { item } from "./working_set";
import { word } from "./words";

export type Settling = Extract<Kind, "refused.hand_over" | "refused.drop" | "refused.sent_anew">;

/** A command that the server keeps, as the working set tells of it. */
export interface KeptRefusal {
  id: number;
  command: string;
  kind: string;
  problem: { title: string; kept?: string; remedy?: string };
  recorded_at: string;
  handed: boolean;
}

/** Tells the server what becomes of a refused command of this phone; nothing when it does not keep it. */
export async function settleRefusal(command: string, settling: Settling): Promise<boolean> {
  const found = (await waiting()).find((one) => one.id === command);
  const refused = found?.problem?.refused;
  if (!refused) return false;
  const title = word(settling, { title: (await content(command))?.title ?? "" });
  await queue({ id: crypto.randomUUID(), kind: settling, data: { refused }, title });
  return true;
}

/** Whether the station has it already. */
export async function isHanded(refused: number | undefined): Promise<boolean> {
  return refused !== undefined && ((await item<KeptRefusal>("refused", String(refused)))?.handed ?? false);
}
