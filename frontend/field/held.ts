// What lies in the working set, item by item, as wangge/domains/fieldwork/working_set.py writes it.
export interface Point {
  id: string;
  grid: number;
  name: string;
  kind_name: string;
  look_for: string;
  risk: number;
  matter: string;
  building: number | null;
  compound: number | null;
  lon: number;
  lat: number;
  /** First 16 hex digits of the SHA-256 of its tag. */
  tag: string;
}

export interface Round {
  id: string;
  grid: number;
  day: string;
  kind: string;
  kind_name: string;
  opens_at: string;
  closes_at: string;
  state: "due" | "done" | "missed" | "exempt";
  nothing_found: boolean;
  points: { checkpoint: string; state: "due" | "seen" | "not_possible"; why: string }[];
}

export interface Grid {
  id: number;
  name: string;
  community: number | null;
  community_name: string;
}

export interface Building {
  id: number;
  name: string;
  compound: number | null;
  lon: number;
  lat: number;
}

export interface Compound {
  id: number;
  name: string;
}

export interface Visit {
  id: string;
  object: "home" | "firm";
  building: number | null;
  door: string;
  floor: number | null;
  due_on: string;
  campaign: string;
  ask: string;
  linked: boolean;
}

export interface Task {
  id: string;
  grid: number;
  title: string;
  matter: string;
  matter_name: string;
  mine: boolean;
  due_at: string;
  /** There are words to it, which only the server holds. */
  more: boolean;
}

export interface Case {
  id: string;
  matter: string | null;
  matter_name: string;
  state: string;
  state_name: string;
  address: string;
  lon: number | null;
  lat: number | null;
  text: string;
  urgent: boolean;
  reported_at: string;
  due_at: string | null;
}

export interface Duty {
  id: number;
  kind: string;
  label: string;
  subject: string;
  case: string | null;
  due_at: string | null;
  verbs: string[];
}

export interface Matter {
  id: string;
  name: string;
  keywords: string[];
  before_photo: boolean;
  after_photo: boolean;
  legal_basis: boolean;
  area: boolean;
  units: string[];
}

export interface Weather {
  id: string;
  kind: "weather";
  level: "blue" | "yellow" | "orange" | "red";
  trigger_name: string;
  level_name: string;
  words: string;
  ends_at: string;
}

export interface Line {
  kind: string;
  label: string;
  subject: string;
  due: string | null;
  matter?: string;
  grid?: number;
  count?: number;
}

export interface StandUp {
  id: string;
  kind: "standup";
  area: number;
  day: string;
  items: Line[];
  held_at: string | null;
}

export type Notice = Weather | StandUp;
