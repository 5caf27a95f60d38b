// What is being drawn, step by step: tools, the line under the hand, undo. Knows no map; the map asks it and paints it.
import type { Collection, Kind, Point, Shape } from "./shapes";
import { crossesItself, inShape, move, pin, read, same, snap, split, write } from "./shapes";

export type Tool = "pick" | "draw" | "split";
/** Why something was not done; the page has the words. */
export type Refusal = "few" | "crosses" | "nosplit" | "";

const LONGEST_UNDO = 60;

export class Sketch {
  shapes: Shape[];
  tool: Tool = "pick";
  trace: Point[] = [];
  selected = -1;
  held: Point | null = null; // a corner in the hand
  private readonly past: string[] = [];
  private readonly begun: string;
  private from: Point | null = null;

  constructor(
    collection: Collection,
    private readonly newName: (count: number) => string,
  ) {
    this.shapes = read(collection);
    this.begun = JSON.stringify(this.shapes);
  }

  get changed(): boolean {
    return JSON.stringify(this.shapes) !== this.begun;
  }

  get collection(): Collection {
    return write(this.shapes);
  }

  /** Take up a tool; what was half drawn is dropped. */
  take(tool: Tool): void {
    this.drop();
    this.tool = tool;
    this.trace = [];
  }

  /** A place is pointed at: a corner of the line, or the grid that lies there. `reach` in degrees of latitude. */
  point(at: Point, reach: number): Refusal {
    if (this.tool === "pick") {
      this.selected = this.at(at);
      return "";
    }
    const { point } = this.snapped(at, reach);
    const last = this.trace.at(-1);
    if (last && same(last, point)) return "";
    if (this.tool === "draw" && this.trace.length > 2 && same(this.trace[0]!, point)) return this.finish();
    this.trace.push([...point]);
    return "";
  }

  snapped(at: Point, reach: number): { point: Point; held: boolean } {
    return snap(at, this.shapes, reach, this.trace);
  }

  back(): void {
    this.trace.pop();
  }

  /** Close the outline, or cut along the line. */
  finish(): Refusal {
    if (this.tool === "pick") return "";
    const refused = this.tool === "draw" ? this.close() : this.cut();
    if (refused) return refused;
    this.trace = [];
    this.tool = "pick";
    return "";
  }

  private close(): Refusal {
    if (this.trace.length < 3) return "few";
    if (crossesItself(this.trace)) return "crosses";
    this.keep();
    this.shapes.push({ code: "", name: this.name(), kind: "basic", cuts: true, polygons: [[this.trace]] });
    this.selected = this.shapes.length - 1;
    return "";
  }

  private cut(): Refusal {
    if (this.trace.length < 2) return "few";
    const order = [this.selected, ...this.shapes.keys()].filter((i) => i >= 0);
    for (const i of order) {
      const parts = split(this.shapes[i]!, this.trace, this.name());
      if (!parts) continue;
      this.keep();
      this.shapes.splice(i, 1, parts[0]);
      this.shapes.push(parts[1]);
      this.selected = this.shapes.length - 1;
      return "";
    }
    return "nosplit";
  }

  private name(): string {
    return this.newName(this.shapes.filter((shape) => !shape.code).length + 1);
  }

  cancel(): void {
    if (this.held) {
      if (this.from) move(this.shapes, this.held, this.from);
      this.held = this.from = null;
      this.past.pop();
    } else if (this.trace.length) {
      this.trace = [];
    } else {
      this.tool = "pick";
    }
  }

  /** Take the corner (or, on a border of the chosen grid, a new one) within reach into the hand; whether there was one. */
  grab(at: Point, reach: number): boolean {
    const chosen = this.shapes[this.selected];
    if (this.tool !== "pick" || !chosen) return false;
    const { point, held } = snap(at, [chosen], reach);
    if (!held) return false;
    this.keep();
    pin(this.shapes, point);
    this.held = this.from = [...point];
    return true;
  }

  /** Move what is in the hand; it catches on other grids. */
  drag(to: Point, reach: number): void {
    if (!this.held) return;
    const chosen = this.selected;
    const own = this.held;
    const others = this.shapes.filter((shape, i) => i !== chosen && !shape.polygons.flat(2).some((corner) => same(corner, own)));
    const { point } = snap(to, others, reach);
    move(this.shapes, this.held, point);
    this.held = [...point];
  }

  drop(): void {
    if (this.held && this.from && same(this.held, this.from)) this.past.pop();
    this.held = this.from = null;
  }

  at(point: Point): number {
    for (let i = this.shapes.length - 1; i >= 0; i--) if (inShape(point, this.shapes[i]!)) return i;
    return -1;
  }

  describe(i: number, name: string, kind: Kind): void {
    const shape = this.shapes[i];
    if (!shape || (shape.name === name && shape.kind === kind)) return;
    this.keep();
    shape.name = name;
    shape.kind = kind;
  }

  remove(i: number): void {
    if (!this.shapes[i]) return;
    this.keep();
    this.shapes.splice(i, 1);
    this.selected = -1;
  }

  undo(): boolean {
    const before = this.past.pop();
    if (before === undefined) return false;
    this.shapes = JSON.parse(before) as Shape[];
    this.trace = [];
    this.held = this.from = null;
    this.selected = Math.min(this.selected, this.shapes.length - 1);
    return true;
  }

  private keep(): void {
    this.past.push(JSON.stringify(this.shapes));
    if (this.past.length > LONGEST_UNDO) this.past.shift();
  }
}
