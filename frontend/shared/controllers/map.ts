import { Controller } from "@hotwired/stimulus";
import type { Handle, MapModule, Options, Target } from "../map/contract";
import { fill, go, open } from "../requests";

/** An absolute address whose {marks} are left for the map to fill. */
function template(path: string): string {
  return path ? new URL(path, document.baseURI).href.replace(/%7B/gi, "{").replace(/%7D/gi, "}") : "";
}

/**
 * The map island. The library is fetched when the block comes into view; where WebGL is missing the list and the
 * coordinate fields, which are part of the page, take over.
 */
export default class MapController extends Controller<HTMLElement> {
  static override targets = ["canvas", "note", "picked", "manual", "lon", "lat", "list"];
  static override values = {
    src: String,
    worker: String,
    css: String,
    areas: String,
    buildings: String,
    roads: String,
    points: String,
    bbox: Boolean,
    bounds: String,
    center: String,
    zoom: { type: Number, default: 15 },
    tiles: String,
    attribution: String,
    selected: String,
    detail: String,
    extrude: Boolean,
    vector: String,
    litBuilding: String,
    litCompound: String,
    buildingUrl: String,
    buildingTarget: String,
    pick: Boolean,
    pickedUrl: String,
    textNowebgl: String,
    textNodata: String,
    textDenied: String,
    textAccuracy: String,
    textPin: String,
    textZoomin: String,
    textZoomout: String,
    textNorth: String,
  };
  declare readonly canvasTarget: HTMLElement;
  declare readonly noteTarget: HTMLElement;
  declare readonly hasNoteTarget: boolean;
  declare readonly pickedTarget: HTMLElement;
  declare readonly hasPickedTarget: boolean;
  declare readonly manualTargets: HTMLDetailsElement[];
  declare readonly listTargets: HTMLDetailsElement[];
  declare readonly lonTarget: HTMLInputElement;
  declare readonly latTarget: HTMLInputElement;
  declare readonly hasLonTarget: boolean;
  declare readonly srcValue: string;
  declare readonly workerValue: string;
  declare readonly cssValue: string;
  declare readonly areasValue: string;
  declare readonly buildingsValue: string;
  declare readonly roadsValue: string;
  declare readonly pointsValue: string;
  declare readonly bboxValue: boolean;
  declare readonly boundsValue: string;
  declare readonly centerValue: string;
  declare readonly zoomValue: number;
  declare readonly tilesValue: string;
  declare readonly attributionValue: string;
  declare selectedValue: string;
  declare readonly detailValue: string;
  declare readonly extrudeValue: boolean;
  declare readonly vectorValue: string;
  declare readonly litBuildingValue: string;
  declare readonly litCompoundValue: string;
  declare readonly buildingUrlValue: string;
  declare readonly buildingTargetValue: string;
  declare readonly pickValue: boolean;
  declare readonly pickedUrlValue: string;
  declare readonly textNowebglValue: string;
  declare readonly textNodataValue: string;
  declare readonly textDeniedValue: string;
  declare readonly textAccuracyValue: string;
  declare readonly textPinValue: string;
  declare readonly textZoominValue: string;
  declare readonly textZoomoutValue: string;
  declare readonly textNorthValue: string;

  private observer: IntersectionObserver | null = null;
  private handle: Handle | null = null;
  private readonly repaint = (): void => this.handle?.repaint();
  private readonly fly = (event: Event): void => {
    if (!this.handle || !this.vectorValue) return;
    event.preventDefault(); // tells the sender that this map goes there
    this.handle.fly((event as CustomEvent<Target>).detail);
  };

  override connect(): void {
    window.addEventListener("wangge:theme", this.repaint);
    window.addEventListener("wangge:fly", this.fly);
    if (typeof IntersectionObserver === "undefined") {
      void this.draw();
      return;
    }
    this.observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.observer?.disconnect();
      void this.draw();
    });
    this.observer.observe(this.canvasTarget);
  }

  override disconnect(): void {
    this.observer?.disconnect();
    window.removeEventListener("wangge:theme", this.repaint);
    window.removeEventListener("wangge:fly", this.fly);
    this.handle?.remove();
    this.handle = null;
  }

  selectedValueChanged(id: string): void {
    this.handle?.select(id);
  }

  /** Overridden in tests. */
  protected load(): Promise<MapModule> {
    return import(this.srcValue) as Promise<MapModule>;
  }

  protected hasWebgl(): boolean {
    return document.createElement("canvas").getContext("webgl2") !== null;
  }

  async draw(): Promise<void> {
    if (!this.hasWebgl()) {
      this.fallBack(this.textNowebglValue);
      return;
    }
    this.addStyles();
    try {
      const map = await this.load();
      if (!this.element.isConnected) return;
      this.handle = map.mount(this.canvasTarget, {
        worker: new URL(this.workerValue, document.baseURI).href,
        areas: this.areasValue,
        buildings: this.buildingsValue,
        roads: this.roadsValue,
        points: this.pointsValue,
        bbox: this.bboxValue,
        bounds: this.boundsValue,
        center: this.centerValue,
        zoom: this.zoomValue,
        tiles: template(this.tilesValue),
        vector: template(this.vectorValue),
        lit: this.lit(),
        attribution: this.attributionValue,
        selected: this.selectedValue,
        extrude: this.extrudeValue,
        pick: this.pickValue,
        pinned: this.pinned(),
        texts: {
          nodata: this.textNodataValue,
          accuracy: this.textAccuracyValue,
          pin: this.textPinValue,
          zoomin: this.textZoominValue,
          zoomout: this.textZoomoutValue,
          north: this.textNorthValue,
          title: this.element.getAttribute("aria-label") ?? "",
        },
        onOpen: ({ id, url }) => this.openPoint(id, url),
        onPick: (lon, lat) => this.picked(lon, lat),
        onBuilding: this.buildingUrlValue ? (id) => open(this.buildingUrlValue.replace("{id}", id), this.buildingTargetValue) : null,
        onTrouble: () => this.say(this.textNodataValue),
      });
      this.element.classList.add("is-drawn");
    } catch {
      this.fallBack(this.textNowebglValue);
    }
  }

  /** Buildings stand up, or lie flat. */
  stand(event: Event): void {
    const button = event.currentTarget as HTMLElement;
    const up = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(up));
    this.handle?.stand(up);
  }

  private lit(): Options["lit"] {
    if (this.litBuildingValue) return { kind: "building", id: this.litBuildingValue };
    return this.litCompoundValue ? { kind: "compound", id: this.litCompoundValue } : null;
  }

  /** Coordinates typed by hand move the pin. */
  typed(): void {
    const pinned = this.pinned();
    if (!pinned) return;
    this.handle?.pin(...pinned);
    this.askPlace();
  }

  locate(): void {
    if (!navigator.geolocation) {
      this.say(this.textDeniedValue);
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.handle?.showPosition(coords.longitude, coords.latitude, coords.accuracy);
        this.say(fill(this.textAccuracyValue, { m: Math.round(coords.accuracy) }));
        if (this.pickValue) {
          this.handle?.pin(coords.longitude, coords.latitude);
          this.picked(coords.longitude, coords.latitude);
        }
      },
      () => this.say(this.textDeniedValue),
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  }

  private picked(lon: number, lat: number): void {
    if (this.hasLonTarget) {
      this.lonTarget.value = lon.toFixed(6);
      this.latTarget.value = lat.toFixed(6);
    }
    this.dispatch("picked", { detail: { lon, lat } });
    this.askPlace();
  }

  private askPlace(): void {
    if (!this.pickedUrlValue || !this.hasPickedTarget) return;
    this.pickedTarget.id ||= `${this.element.id || "map"}-picked`;
    const query = new URLSearchParams({ lon: this.lonTarget.value, lat: this.latTarget.value });
    open(`${this.pickedUrlValue}?${query.toString()}`, `#${this.pickedTarget.id}`);
  }

  private openPoint(id: string, url: string): void {
    this.selectedValue = id;
    this.dispatch("opened", { detail: { id, url } });
    if (!url) return;
    if (this.detailValue) open(url, this.detailValue);
    else go(url);
  }

  private pinned(): [number, number] | null {
    if (!this.hasLonTarget || this.lonTarget.value === "" || this.latTarget.value === "") return null;
    const [lon, lat] = [Number(this.lonTarget.value), Number(this.latTarget.value)];
    return Number.isFinite(lon) && Number.isFinite(lat) ? [lon, lat] : null;
  }

  private addStyles(): void {
    if (!this.cssValue || document.querySelector(`link[href="${this.cssValue}"]`)) return;
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = this.cssValue;
    document.head.append(link);
  }

  private fallBack(text: string): void {
    this.element.classList.add("is-plain");
    for (const block of [...this.manualTargets, ...this.listTargets]) block.open = true;
    this.say(text);
  }

  private say(text: string): void {
    if (!this.hasNoteTarget) return;
    this.noteTarget.textContent = text;
    this.noteTarget.hidden = text === "";
  }
}
