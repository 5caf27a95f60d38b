// Where a report is: by one position, a scanned code, or a choice from what the phone holds.
import { sha256 } from "../shared/sha256";
import { part, say } from "./dom";
import type { Point } from "./held";
import { placeAt, placeWords, position, type Area, type Building, type Compound, type Found, type Here, type NoPosition } from "./place";
import { placeOfTag, type Wrote } from "./reporting";
import { scan } from "./scanner";
import { items } from "./working_set";
import { word } from "./words";

export interface Places {
  areas: Area[];
  compounds: Compound[];
  buildings: Building[];
}

const POSITION_PATIENCE = 1500; // ms that a photo waits for the position

export class Where {
  private positioned: Promise<unknown> = Promise.resolve();
  private over = false;

  /** `changed` hears of every new place. */
  constructor(
    private readonly root: HTMLElement,
    private readonly wrote: Wrote,
    private readonly known: Places,
    private readonly changed: () => void,
  ) {}

  /** Shows what is known, and asks for a position where nothing is. */
  open(): void {
    const { root, wrote } = this;
    this.fill();
    part(root, "[data-locate]").addEventListener("click", () => {
      wrote.picked = "";
      part<HTMLSelectElement>(root, "#r-place").value = "";
      this.locate();
    });
    part(root, "[data-scan]").addEventListener("click", () => void this.scan());
    if (!wrote.here && !wrote.picked) this.locate();
    this.draw();
  }

  close(): void {
    this.over = true;
  }

  private fill(): void {
    const select = part<HTMLSelectElement>(this.root, "#r-place");
    const { areas, compounds, buildings } = this.known;
    const names = new Map(compounds.map((one) => [one.id, one.name]));
    const groups: [string, [string, string][]][] = [
      ["place-grids", areas.map((one) => [`area:${one.id}`, one.name])],
      ["place-compounds", compounds.map((one) => [`compound:${one.id}`, one.name])],
      ["place-buildings", buildings.map((one) => [`building:${one.id}`, `${names.get(one.compound ?? 0) ?? ""}${one.name}`])],
    ];
    for (const [label, rows] of groups) {
      if (rows.length === 0) continue;
      const group = document.createElement("optgroup");
      group.label = word(label);
      group.append(...rows.map(([value, text]) => new Option(text, value, false, value === this.wrote.picked)));
      select.append(group);
    }
  }

  private found(): Found {
    const { areas, compounds, buildings } = this.known;
    const [kind, id] = this.wrote.picked.split(":");
    const by = <T extends { id: number }>(all: T[], pk: number | null): T | null => all.find((one) => one.id === pk) ?? null;
    if (kind === "building") {
      const building = by(buildings, Number(id));
      return { building, compound: by(compounds, building?.compound ?? null), area: by(areas, building?.grid ?? null) };
    }
    if (kind === "compound") return { building: null, compound: by(compounds, Number(id)), area: null };
    if (kind === "area") return { building: null, compound: null, area: by(areas, Number(id)) };
    return this.wrote.here ? placeAt(this.wrote.here, areas, compounds, buildings) : { building: null, compound: null, area: areas.length === 1 ? areas[0]! : null };
  }

  /** Where it is, for what lies near by. */
  spot(): { lon: number; lat: number } | null {
    if (this.wrote.picked) {
      const { building, compound } = this.found();
      const at = building ?? compound;
      if (at && at.lon !== null && at.lat !== null) return { lon: at.lon, lat: at.lat };
      if (!at) return null;
    }
    return this.wrote.here;
  }

  private locate(): void {
    say(this.root, "[data-place-said]", "");
    this.here("place-finding", false);
    this.positioned = position().then((found) => {
      if (this.over) return;
      this.located(found);
    });
  }

  private located(found: Here | NoPosition): void {
    if (typeof found === "string") {
      if (this.wrote.here || this.wrote.picked || this.known.areas.length === 1) this.draw();
      else this.here(found === "denied" ? "place-denied" : "place-failed", false);
      return;
    }
    this.wrote.here = found; // a place chosen meanwhile still holds
    this.draw();
    this.changed();
  }

  private here(text: string, good: boolean): void {
    part(this.root, "[data-here]").classList.toggle("f-here--none", !good);
    part(this.root, "[data-here-words]").textContent = text.startsWith("place-") ? word(text) : text;
  }

  draw(): void {
    const { here, picked } = this.wrote;
    const found = this.found();
    if (!picked && here && !found.area) {
      this.here(word(this.known.areas.length > 0 ? "place-outside" : "place-known", { m: here.accuracy }), this.known.areas.length === 0);
      return;
    }
    const says = [found.area?.name ?? "", found.building || found.compound ? placeWords(found) : ""].filter(Boolean);
    if (!picked && here) says.push(word("place-accuracy", { m: here.accuracy }));
    if (says.length > 0) this.here(says.join(" · "), true);
  }

  private async scan(): Promise<void> {
    const text = await scan();
    if (text === null || this.over) return;
    const digest = (tag: string): Promise<string> => sha256(new TextEncoder().encode(tag).slice().buffer);
    const found = await placeOfTag(text, await items<Point>("checkpoints"), digest);
    if (!found) {
      say(this.root, "[data-place-said]", word("scan-unknown"));
      return; // what the place was before still holds
    }
    Object.assign(this.wrote, found);
    part<HTMLSelectElement>(this.root, "#r-place").value = this.wrote.picked;
    part<HTMLInputElement>(this.root, "#r-address").value = this.wrote.address;
    say(this.root, "[data-place-said]", "");
    this.draw();
    this.changed();
  }

  /** The lines of the watermark: place, grid with accuracy, name. */
  async lines(name: string): Promise<string[]> {
    await Promise.race([this.positioned, new Promise((done) => setTimeout(done, POSITION_PATIENCE))]);
    const found = this.found();
    const { here, picked } = this.wrote;
    const words = placeWords(found);
    const grid = [found.area?.community_name, found.area?.name, !picked && here ? word("place-accuracy", { m: here.accuracy }) : ""];
    return [words === found.area?.name ? "" : words, grid.filter(Boolean).join(" "), name];
  }
}
