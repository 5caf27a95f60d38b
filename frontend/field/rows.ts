// What lies in the store, row by row.
import type { Sealed } from "./seal";

/** Commands that the phone sends; each is one action at the server. */
export type Kind =
  | "report.make"
  | "report.join"
  | "report.supplement"
  | "case.sign_for"
  | "case.contact"
  | "case.send_back"
  | "case.handle"
  | "case.verify"
  | "case.second_check"
  | "case.assist_done"
  | "patrol.point"
  | "patrol.finish"
  | "visit.make"
  | "visit.refer"
  | "task.done"
  | "standup.hold"
  | "refused.hand_over"
  | "refused.drop"
  | "refused.sent_anew";

/** acknowledged: the server has the record and still lacks photos of it. */
export type State = "queued" | "sending" | "acknowledged" | "refused";

/** Why the server would not: in the three sentences of the site. */
export interface Problem {
  code: string;
  title: string;
  kept?: string;
  remedy?: string;
  field?: string | null;
  /** Under which id the server keeps the refused command. */
  refused?: number | null;
}

/** A photo or a voice note as it was taken. */
export interface CapturedFile {
  sha: string;
  mime: string;
  bytes: ArrayBuffer;
}

export interface OutboxRow {
  id: string;
  seq: number;
  kind: Kind;
  state: State;
  occurred_at: string;
  offset: number | null;
  tries: number;
  next_at: number;
  sealed: Sealed; // Content
  photos: string[];
  size: number;
  answer?: Sealed;
  problem?: Sealed;
}

export interface Content {
  title: string;
  data: object;
}

export interface DraftRow {
  id: string;
  screen: string;
  at: string;
  offset: number | null;
  photos: string[];
  sealed: Sealed; // Content
}

/** held: only drafts want it yet. What it weighs lies in `bytes`, so that lists and counts need not read it. */
export interface FileRow {
  sha: string;
  mime: string;
  size: number;
  state: "held" | "queued" | "sending" | "acknowledged" | "refused";
  received: number;
  tries: number;
  next_at: number;
  belongs: string[];
  problem?: Sealed;
}

/** Gone once the server has it. */
export interface BytesRow {
  sha: string;
  sealed: Sealed;
}

export interface SentRow {
  id: string;
  kind: Kind;
  at: string; // server's time of acknowledgement
  occurred_at: string;
  photos: number;
  sealed: Sealed; // { title, answer }
}

export interface SetRow {
  c: string;
  id: string;
  v: string;
  sealed: Sealed;
}
