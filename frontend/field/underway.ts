// What was done on this phone and the working set does not know yet: screens show it as done, with "待发送" beside it.
import { hear } from "./news";
import { content, queue, QuotaError, waiting, type CapturedFile, type Kind, type Problem } from "./outbox";
import { buzz, toast } from "./toast";
import { onChange, type Collection } from "./working_set";
import { word } from "./words";

export interface Underway {
  id: string;
  kind: Kind;
  data: Record<string, unknown>;
  /** sent: the server has it, and the next working set will say so. */
  state: "waiting" | "sent" | "refused";
  problem?: Problem;
}

// Which part of the working set will tell of a command that was carried out.
const TOLD_IN: Record<string, Collection[]> = {
  patrol: ["rounds"],
  visit: ["visits"],
  task: ["tasks"],
  case: ["todo", "cases"],
  standup: ["notices"],
};

const known = new Map<string, Underway>();

hear("set", (name) => {
  for (const [id, one] of known) {
    const told = TOLD_IN[one.kind.split(".")[0]!] ?? [];
    if (!name || told.some((collection) => collection === name)) known.delete(id); // what still waits is read again
  }
});

/** Commands of this person that the working set does not show, in no order. */
export async function underway(): Promise<Underway[]> {
  const rows = await waiting();
  const here = new Set(rows.map((row) => row.id));
  for (const row of rows) {
    const said = known.get(row.id)?.data ?? (await content(row.id))?.data;
    if (!said) continue;
    const state = row.state === "refused" ? "refused" : "waiting";
    known.set(row.id, { id: row.id, kind: row.kind, data: said as Record<string, unknown>, state, ...(row.problem && { problem: row.problem }) });
  }
  for (const [id, one] of known) {
    if (here.has(id)) continue;
    if (one.state === "refused") known.delete(id); // put away, or sent anew under another id
    else one.state = "sent";
  }
  return [...known.values()];
}

/** Those that stand: what was refused is not done. */
export function standing(all: Underway[], kind: Kind): Underway[] {
  return all.filter((one) => one.kind === kind && one.state !== "refused");
}

/** Why the server would not, in one line; "" for what was not refused. */
export function refusal(one: Underway | undefined): string {
  if (one?.state !== "refused") return "";
  const { problem } = one;
  return [problem?.title ?? word("state-refused"), problem?.remedy].filter(Boolean).join(" ");
}

export interface Act {
  kind: Kind;
  data: object;
  title: string;
  id?: string;
  photos?: string[];
}

/** Puts a command into the outbox and says so by a short buzz; false, with a word, when the phone is full. */
export async function act({ id = crypto.randomUUID(), ...command }: Act, files: CapturedFile[] = []): Promise<boolean> {
  try {
    await queue({ id, ...command }, files);
  } catch (error) {
    if (!(error instanceof QuotaError)) throw error;
    toast(word("room-full"), "error");
    return false;
  }
  buzz(30);
  return true;
}

/** Calls `draw` now and whenever one of these collections or the outbox changes; one drawing at a time. The answer ends it. */
export function following(collections: Collection[], draw: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  let over = false;
  const look = async (): Promise<void> => {
    again = true;
    if (running) return;
    running = true;
    try {
      while (again && !over) {
        again = false;
        await draw();
      }
    } finally {
      running = false;
    }
  };
  const ends = [hear("boxes", () => void look()), ...collections.map((name) => onChange(name, () => void look()))];
  void look();
  return () => {
    over = true;
    for (const end of ends) end();
  };
}
