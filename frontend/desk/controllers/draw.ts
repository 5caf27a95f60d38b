import { Controller } from "@hotwired/stimulus";
import type { Drawn, DrawHandle, DrawModule, Kind, Tool } from "../../shared/map/contract";
import { fill } from "../../shared/requests";

/**
 * Drawing grids on the map. The map is fetched when the block comes into view; what is drawn goes into a hidden field of
 * an ordinary form. Where WebGL is missing the block says so, and the table of buildings and the file take over.
 */
export default class DrawController extends Controller<HTMLElement> {
  static override targets = ["stage", "canvas", "cross", "note", "tool", "finish", "back", "undo", "list", "form", "name", "kind", "drawn", "send", "tools"];
  static override values = {
    src: String,
    worker: String,
    css: String,
    vector: String,
    tiles: String,
    bounds: String,
    shapes: String,
    before: String,
    houses: String,
    kept: Boolean,
    textNowebgl: String,
    textNewname: String,
    textCount: String,
    textFew: String,
    textCrosses: String,
    textNosplit: String,
    textPick: String,
    textDraw: String,
    textSplit: String,
    textHeld: String,
    textZoomin: String,
    textZoomout: String,
  };
  declare readonly stageTarget: HTMLElement;
  declare readonly canvasTarget: HTMLElement;
  declare readonly crossTarget: HTMLElement;
  declare readonly noteTarget: HTMLElement;
  declare readonly toolTargets: HTMLButtonElement[];
  declare readonly finishTarget: HTMLButtonElement;
  declare readonly backTarget: HTMLButtonElement;
  declare readonly undoTarget: HTMLButtonElement;
  declare readonly listTarget: HTMLElement;
  declare readonly formTarget: HTMLElement;
  declare readonly nameTarget: HTMLInputElement;
  declare readonly kindTarget: HTMLSelectElement;
  declare readonly drawnTarget: HTMLInputElement;
  declare readonly sendTarget: HTMLButtonElement;
  declare readonly toolsTargets: HTMLElement[];
  declare readonly srcValue: string;
  declare readonly workerValue: string;
  declare readonly cssValue: string;
  declare readonly vectorValue: string;
  declare readonly tilesValue: string;
  declare readonly boundsValue: string;
  declare readonly shapesValue: string;
  declare readonly beforeValue: string;
  declare readonly housesValue: string;
  declare readonly keptValue: boolean;
  declare readonly textNowebglValue: string;
  declare readonly textNewnameValue: string;
  declare readonly textCountValue: string;
  declare readonly textFewValue: string;
  declare readonly textCrossesValue: string;
  declare readonly textNosplitValue: string;
  declare readonly textPickValue: string;
  declare readonly textDrawValue: string;
  declare readonly textSplitValue: string;
  declare readonly textHeldValue: string;
  declare readonly textZoominValue: string;
  declare readonly textZoomoutValue: string;

  private observer: IntersectionObserver | null = null;
  private handle: DrawHandle | null = null;
  private drawn: Drawn | null = null;
  private sending = false;
  private readonly repaint = (): void => this.handle?.repaint();
  private readonly leave = (event: BeforeUnloadEvent): void => {
    if (!this.sending && this.drawn?.changed) event.preventDefault();
  };

  override connect(): void {
    window.addEventListener("wangge:theme", this.repaint);
    window.addEventListener("beforeunload", this.leave);
    this.element.hidden = false;
    if (typeof IntersectionObserver === "undefined") {
      void this.open();
      return;
    }
    this.observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.observer?.disconnect();
      void this.open();
    });
    this.observer.observe(this.canvasTarget);
  }

  override disconnect(): void {
    this.observer?.disconnect();
    window.removeEventListener("wangge:theme", this.repaint);
    window.removeEventListener("beforeunload", this.leave);
    this.handle?.remove();
    this.handle = null;
  }

  /** Overridden in tests. */
  protected load(): Promise<DrawModule> {
    return import(this.srcValue) as Promise<DrawModule>;
  }

  protected hasWebgl(): boolean {
    return document.createElement("canvas").getContext("webgl2") !== null;
  }

  async open(): Promise<void> {
    if (!this.hasWebgl()) return this.fallBack();
    if (!document.querySelector(`link[href="${this.cssValue}"]`)) {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = this.cssValue;
      document.head.append(link);
    }
    const absolute = (path: string): string => (path ? new URL(path, document.baseURI).href.replace(/%7B/gi, "{").replace(/%7D/gi, "}") : "");
    try {
      const { draw } = await this.load();
      if (!this.element.isConnected) return;
      this.handle = draw(this.canvasTarget, {
        worker: new URL(this.workerValue, document.baseURI).href,
        vector: absolute(this.vectorValue),
        tiles: absolute(this.tilesValue),
        bounds: this.boundsValue,
        shapes: this.shapesValue,
        before: this.beforeValue,
        houses: this.housesValue,
        title: this.stageTarget.getAttribute("aria-label") ?? "",
        zoomin: this.textZoominValue,
        zoomout: this.textZoomoutValue,
        cross: this.crossTarget,
        newName: (n) => fill(this.textNewnameValue, { n }),
        onChange: (drawn) => this.show(drawn),
      });
    } catch {
      this.fallBack();
    }
  }

  take(event: Event): void {
    this.handle?.take((event.currentTarget as HTMLButtonElement).value as Tool);
    this.stageTarget.focus();
  }

  finish(): void {
    this.handle?.finish();
  }

  back(): void {
    this.handle?.back();
  }

  undo(): void {
    this.handle?.undo();
  }

  key(event: KeyboardEvent): void {
    if (event.target !== this.stageTarget || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      if (event.key !== "z") return;
      event.preventDefault();
      this.handle?.undo();
    } else if (this.handle?.key(event.key, event.shiftKey)) {
      event.preventDefault();
    }
  }

  choose(event: Event): void {
    this.handle?.select(Number((event.currentTarget as HTMLButtonElement).value));
  }

  describe(): void {
    if (this.drawn && this.drawn.selected >= 0) this.handle?.describe(this.drawn.selected, this.nameTarget.value.trim(), this.kindTarget.value as Kind);
  }

  remove(): void {
    if (this.drawn && this.drawn.selected >= 0) this.handle?.drop(this.drawn.selected);
    this.stageTarget.focus();
  }

  /** The form is about to be sent: what is drawn goes along. */
  send(): void {
    if (!this.handle) return;
    this.drawnTarget.value = JSON.stringify(this.handle.collection());
    this.sending = true;
  }

  private show(drawn: Drawn): void {
    const other = this.drawn?.selected !== drawn.selected;
    this.drawn = drawn;
    for (const button of this.toolTargets) button.setAttribute("aria-pressed", String(button.value === drawn.tool));
    this.finishTarget.disabled = drawn.trace < (drawn.tool === "draw" ? 3 : 2);
    this.backTarget.disabled = drawn.trace === 0;
    this.undoTarget.disabled = !drawn.changed;
    this.sendTarget.disabled = !drawn.changed && !this.keptValue;
    this.list(drawn);
    const chosen = drawn.grids[drawn.selected];
    this.formTarget.hidden = !chosen;
    if (chosen && (other || document.activeElement !== this.nameTarget)) {
      this.nameTarget.value = chosen.name;
      this.kindTarget.value = chosen.kind;
    }
    this.say(this.words(drawn));
  }

  private words(drawn: Drawn): string {
    if (drawn.refused) return { few: this.textFewValue, crosses: this.textCrossesValue, nosplit: this.textNosplitValue }[drawn.refused];
    if (drawn.held) return this.textHeldValue;
    return { pick: this.textPickValue, draw: this.textDrawValue, split: this.textSplitValue }[drawn.tool];
  }

  private list(drawn: Drawn): void {
    const focused = this.listTarget.contains(document.activeElement) ? (document.activeElement as HTMLButtonElement).value : "";
    const rows = drawn.grids.map((grid, n) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.value = String(n);
      button.className = `dk-draw__grid dk-sketch__tone${n % 8}`;
      button.dataset["action"] = `${this.identifier}#choose`;
      button.setAttribute("aria-pressed", String(n === drawn.selected));
      const [name, note] = [document.createElement("span"), document.createElement("span")];
      name.textContent = grid.name;
      note.className = "wg-quiet wg-num";
      note.textContent = fill(this.textCountValue, { buildings: grid.buildings, households: grid.households });
      button.append(name, note);
      item.append(button);
      return item;
    });
    this.listTarget.replaceChildren(...rows);
    if (focused) this.listTarget.querySelector<HTMLButtonElement>(`button[value="${focused}"]`)?.focus();
  }

  private fallBack(): void {
    for (const block of this.toolsTargets) block.hidden = true;
    this.stageTarget.classList.add("is-plain");
    this.stageTarget.removeAttribute("tabindex");
    this.say(this.textNowebglValue);
  }

  private say(text: string): void {
    if (this.noteTarget.textContent !== text) this.noteTarget.textContent = text;
  }
}
