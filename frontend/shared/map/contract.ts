// What the map controller and the lazily loaded map agree on.

export type Texts = {
  nodata: string;
  accuracy: string;
  pin: string;
  zoomin: string;
  zoomout: string;
  title: string;
};

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
  pick: boolean;
  pinned: [number, number] | null;
  texts: Texts;
  onOpen: (point: { id: string; url: string }) => void;
  onPick: (lon: number, lat: number) => void;
  onTrouble: () => void;
};

export type Handle = {
  pin(lon: number, lat: number): void;
  showPosition(lon: number, lat: number, metres: number): void;
  select(id: string): void;
  repaint(): void;
  remove(): void;
};

export type MapModule = { mount(element: HTMLElement, options: Options): Handle };
