// A report as it is being written, what is still missing in it, and the command that it becomes.
import type { Matter } from "./guess";
import type { Point } from "./held";
import type { Command } from "./outbox";
import type { Here } from "./place";
import { tagOf } from "./scanner";

export interface Shot {
  sha: string;
  /** sha256 of the camera's own file. */
  original: string;
}

/** A round, and the checkpoint there. */
export interface OnRound {
  grid: number;
  day: string;
  kind: string;
  checkpoint?: string;
}

export interface Wrote {
  text: string;
  /** Code; "" while none is chosen. */
  matter: string;
  /** The worker chose it himself: a better guess does not change it. */
  chose: boolean;
  photos: Shot[];
  after: Shot[];
  voice: string;
  here: Here | null;
  /** "" by the position, else "area:1", "compound:2", "building:3". */
  picked: string;
  address: string;
  /** Number of the open case that it is the same thing as; "" for a new one. */
  same: string;
  settle: boolean;
  done: string;
  result: string;
  amount: string;
  unit: string;
  area: string;
  legal: string;
  urgent: boolean;
  name: string;
  phone: string;
  /** On which round it was found: what `report.make` takes as it is. */
  round: OnRound | null;
  /** The refused command that this one is sent for. */
  again?: string;
}

export function blank(): Wrote {
  return {
    text: "", matter: "", chose: false, photos: [], after: [], voice: "", here: null, picked: "", address: "", same: "",
    settle: false, done: "", result: "solved", amount: "", unit: "", area: "", legal: "", urgent: false, name: "", phone: "",
    round: null,
  };
}

/** Whether anything was written that would be missed. */
export function isEmpty(wrote: Wrote): boolean {
  const { text, photos, after, voice, done, name, phone, address } = wrote;
  return [text, voice, done, name, phone, address].every((one) => one.trim() === "") && photos.length + after.length === 0;
}

/** Every file that the report names. */
export function filesOf(wrote: Wrote): string[] {
  const shots = wrote.settle && !wrote.same ? [...wrote.photos, ...wrote.after] : wrote.photos;
  return [...new Set([...shots.map((one) => one.sha), ...(wrote.voice ? [wrote.voice] : [])])];
}

/** Everything that the draft holds, also what a change of mind would bring back. */
export function heldBy(wrote: Wrote): string[] {
  return [...new Set([...wrote.photos, ...wrote.after].map((one) => one.sha).concat(wrote.voice || []))];
}

export type Field = "text" | "place" | "phone" | "settle";

const PHONE = /^\+?[0-9][0-9 -]{0,29}$/;
const NUMBER = /^\d{1,9}([.,]\d{1,2})?$/;

/** What the server would refuse, by field: keys of words. `matter` is the chosen one; `grids` how many are on duty. */
export function missing(wrote: Wrote, matter: Matter | undefined, grids: number): Partial<Record<Field, string>> {
  const found: Partial<Record<Field, string>> = {};
  if (!wrote.text.trim() && !matter && !wrote.voice && !wrote.same) found.text = "need-what";
  if (!wrote.picked && !wrote.here && grids !== 1) found.place = "need-place";
  if (wrote.phone.trim() && !PHONE.test(wrote.phone.trim())) found.phone = "need-phone";
  if (wrote.settle && !wrote.same) {
    if (!matter) found.settle = "need-matter";
    else if (!matter.on_the_spot) found.settle = "not-on-the-spot";
    else if (!wrote.done.trim()) found.settle = "need-done";
    else if (matter.before_photo && wrote.photos.length === 0) found.settle = "need-before";
    else if (matter.after_photo && wrote.after.length === 0) found.settle = "need-after";
    else if (matter.area && !NUMBER.test(wrote.area.trim())) found.settle = "need-area";
    else if (matter.legal_basis && !wrote.legal.trim()) found.settle = "need-legal";
    else if (wrote.amount.trim() && !NUMBER.test(wrote.amount.trim())) found.settle = "need-amount";
  }
  return found;
}

/** A JSON number or text as the server's decimal takes it. */
function decimal(text: string): string {
  return text.trim().replace(",", ".");
}

function placeOf(wrote: Wrote, grid: number | undefined): object {
  const address = wrote.address.trim();
  const said = address ? { address } : {};
  const [kind, id] = wrote.picked.split(":");
  if (kind && id) return { [kind]: Number(id), ...said };
  if (wrote.here) return { lon: wrote.here.lon, lat: wrote.here.lat, accuracy: wrote.here.accuracy, ...said };
  return { ...(grid !== undefined && { area: grid }), ...said };
}

function settledOf(wrote: Wrote, matter: Matter): object {
  return {
    result: wrote.result,
    text: wrote.done.trim(),
    after: wrote.after.map((one) => one.sha),
    ...(wrote.amount.trim() && wrote.unit && { quantities: [{ amount: decimal(wrote.amount), unit: wrote.unit }] }),
    ...(matter.area && { area_m2: decimal(wrote.area) }),
    ...(matter.legal_basis && { legal_basis: wrote.legal.trim() }),
  };
}

/**
 * The command under `id`. `plain` says what stands where nothing was written: a report needs words, and a matter's name,
 * "同一件事" or "见录音" are some. `grid` is the only grid on duty, for who has neither position nor choice.
 */
export function commandOf(id: string, wrote: Wrote, matter: Matter | undefined, plain: { voice: string; same: string }, grid?: number): Command {
  const text = wrote.text.trim() || (wrote.same ? plain.same : (matter?.name ?? plain.voice));
  const shots = wrote.settle && !wrote.same ? [...wrote.photos, ...wrote.after] : wrote.photos;
  const contact = { ...(wrote.name.trim() && { name: wrote.name.trim() }), ...(wrote.phone.trim() && { phone: wrote.phone.trim() }) };
  const both = {
    text,
    place: placeOf(wrote, grid),
    photos: wrote.photos.map((one) => one.sha),
    originals: Object.fromEntries(shots.map((one) => [one.sha, one.original])),
    ...(wrote.voice && { voice: wrote.voice }),
    ...(Object.keys(contact).length > 0 && { contact }),
  };
  const photos = filesOf(wrote);
  if (wrote.same) return { id, kind: "report.join", title: text, photos, data: { case: wrote.same, ...both } };
  const data = {
    ...both,
    urgent: wrote.urgent,
    ...(matter && { matter: matter.id }),
    ...(wrote.settle && matter && { settled: settledOf(wrote, matter) }),
    ...(wrote.round && { round: wrote.round }),
  };
  return { id, kind: "report.make", title: text, photos, data };
}

interface Said {
  text?: string;
  matter?: string;
  case?: string;
  place?: Partial<Here> & { address?: string } & Record<string, unknown>;
  photos?: string[];
  originals?: Record<string, string>;
  voice?: string;
  contact?: { name?: string; phone?: string };
  urgent?: boolean;
  settled?: { result?: string; text?: string; after?: string[]; quantities?: { amount: string; unit: string }[]; area_m2?: string; legal_basis?: string };
  round?: OnRound;
}

/** A command that was refused, to be corrected and sent anew. */
export function wroteOf(data: object): Wrote {
  const said = data as Said;
  const place = said.place ?? {};
  const { lon, lat, accuracy = 0 } = place;
  const kind = ["building", "compound", "area"].find((one) => typeof place[one] === "number");
  const shots = (photos: string[] = []): Shot[] => photos.map((sha) => ({ sha, original: said.originals?.[sha] ?? sha }));
  return {
    ...blank(),
    text: said.text ?? "",
    matter: said.matter ?? "",
    chose: Boolean(said.matter),
    photos: shots(said.photos),
    after: shots(said.settled?.after),
    voice: said.voice ?? "",
    here: typeof lon === "number" && typeof lat === "number" ? { lon, lat, accuracy } : null,
    picked: kind ? `${kind}:${String(place[kind])}` : "",
    address: place.address ?? "",
    same: said.case ?? "",
    settle: Boolean(said.settled),
    done: said.settled?.text ?? "",
    result: said.settled?.result ?? "solved",
    amount: said.settled?.quantities?.[0]?.amount ?? "",
    unit: said.settled?.quantities?.[0]?.unit ?? "",
    area: said.settled?.area_m2 ?? "",
    legal: said.settled?.legal_basis ?? "",
    urgent: said.urgent ?? false,
    name: said.contact?.name ?? "",
    phone: said.contact?.phone ?? "",
    round: said.round ?? null,
  };
}

const AT_THE_LABEL = 5; // m

/** What a scanned code says about the place: the checkpoint's building or compound, else where it hangs; null unknown. */
export async function placeOfTag(scanned: string, points: Point[], digest: (text: string) => Promise<string>): Promise<Partial<Wrote> | null> {
  const print = (await digest(tagOf(scanned))).slice(0, 16);
  const point = points.find((one) => one.tag === print);
  return point ? placeOfPoint(point) : null;
}

/** The same for a checkpoint that is known already. */
export function placeOfPoint({ name, building, compound, lon, lat }: Point): Partial<Wrote> {
  const picked = building !== null ? `building:${building}` : compound !== null ? `compound:${compound}` : "";
  return { picked, address: name, here: { lon, lat, accuracy: AT_THE_LABEL } };
}

interface OpenCase {
  id: string;
  lon: number | null;
  lat: number | null;
  matter: string | null;
}

const SAME_WITHIN = 100; // m

/** Open cases near by that may be the same thing: the same matter first, then the nearer; three at most. */
export function nearCases<T extends OpenCase>(cases: T[], spot: { lon: number; lat: number } | null, matter: string, metres: (a: { lon: number; lat: number }, b: { lon: number; lat: number }) => number): { one: T; metres: number }[] {
  if (!spot) return [];
  const found = cases.flatMap((one) => {
    if (one.lon === null || one.lat === null) return [];
    const far = Math.round(metres(spot, { lon: one.lon, lat: one.lat }));
    return far <= SAME_WITHIN ? [{ one, metres: far }] : [];
  });
  const same = (one: T): number => (matter && one.matter === matter ? 0 : 1);
  return found.sort((a, b) => same(a.one) - same(b.one) || a.metres - b.metres).slice(0, 3);
}
