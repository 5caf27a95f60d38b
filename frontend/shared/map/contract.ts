// What the map controllers and the lazily loaded map agree on.
import type { Collection, Kind } from "./shapes";
import type { Refusal, Tool } from "./sketch";

export type Texts = {
  nodata: string;
  accuracy: string;
  pin: string;
  zoomin: string;
  zoomout: string;
  north: string;
  title: string;
};

/** A house or a compound to go to. `box` is w,s,e,n: where it is given, all of it is shown. */
export type Target = { kind: "building" | "compound"; id: string; lon: number; lat: number; box?: string };

export type Options = {
  worker: string;
  areas: string;
  buildings: string;
  roads: string;
  points: string;
  bbox: boolean;
  bounds: string;
  center: string;
  zoom: number;
  tiles: string;
  attribution: string;
  selected: string;
  extrude: boolean;
  vector: string;
  lit: { kind: "building" | "compound"; id: string } | null;
  pick: boolean;
  pinned: [number, number] | null;
  texts: Texts;
  onOpen: (point: { id: string; url: string }) => void;
  onPick: (lon: number, lat: number) => void;
  onBuilding: ((id: string) => void) | null;
  onTrouble: () => void;
};

export type Handle = {
  pin(lon: number, lat: number): void;
  showPosition(lon: number, lat: number, metres: number): void;
  select(id: string): void;
  fly(target: Target): void;
  stand(up: boolean): void;
  repaint(): void;
  remove(): void;
};

export type MapModule = { mount(element: HTMLElement, options: Options): Handle };

export type { Collection, Kind, Refusal, Tool };

/** What is drawn, as the page shows it beside the map. */
export type Drawn = {
  tool: Tool;
  trace: number; // corners of the line that is being drawn
  selected: number; // -1: none
  changed: boolean;
  held: boolean; // a corner is in the hand
  grids: { name: string; kind: Kind; code: string; buildings: number; households: number }[];
  refused: Refusal;
};

export type DrawOptions = {
  worker: string;
  vector: string;
  tiles: string;
  bounds: string;
  shapes: string; // ids of json_script elements: the grids of the plan, the present outlines, the houses
  before: string;
  houses: string;
  title: string;
  zoomin: string;
  zoomout: string;
  cross: HTMLElement; // the cross-hair of the keyboard
  newName: (count: number) => string;
  onChange: (drawn: Drawn) => void;
};

export type DrawHandle = {
  /** A key that was pressed on the map; whether it means anything here. */
  key(name: string, far: boolean): boolean;
  take(tool: Tool): void;
  back(): void;
  finish(): void;
  undo(): void;
  select(i: number): void;
  describe(i: number, name: string, kind: Kind): void;
  drop(i: number): void;
  collection(): Collection;
  repaint(): void;
  remove(): void;
};

export type DrawModule = { draw(element: HTMLElement, options: DrawOptions): DrawHandle };
