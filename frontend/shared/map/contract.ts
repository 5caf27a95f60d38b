// What the map controller and the lazily loaded map agree on.

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
