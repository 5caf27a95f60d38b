import { Controller } from "@hotwired/stimulus";
import { go, open } from "../../shared/requests";

const CHORD = 1500;
const ACTIONS = new Set(["1", "2", "3"]);

/**
 * A list worked through by keyboard: j/k move, Enter opens beside the list, 1/2/3 click the row's own buttons
 * (data-triage-key), "/" searches, "u" takes back while a toast offers it, "?" explains, "g t"
 * goes to the to-dos. The place is kept when rows are swapped.
 */
export default class TriageController extends Controller<HTMLElement> {
  static override targets = ["row"];
  static override values = {
    detail: { type: String, default: "#detail" },
    todos: String,
    keys: { type: String, default: "keys" },
  };
  declare readonly rowTargets: HTMLElement[];
  declare readonly detailValue: string;
  declare readonly todosValue: string;
  declare readonly keysValue: string;
  private current: HTMLElement | null = null;
  private index = 0;
  private hadFocus = false;
  private waitingForChord = 0;
  private readonly key = (event: KeyboardEvent): void => this.pressed(event);
  private readonly click = (event: Event): void => this.clicked(event);

  override connect(): void {
    document.addEventListener("keydown", this.key);
    this.element.addEventListener("click", this.click);
  }

  override disconnect(): void {
    document.removeEventListener("keydown", this.key);
    this.element.removeEventListener("click", this.click);
  }

  rowTargetConnected(row: HTMLElement): void {
    row.tabIndex = -1;
    if (!this.current || !this.current.isConnected || row.id === this.current.id) {
      const rows = this.rowTargets;
      const same = this.current?.id ? rows.find((one) => one.id === this.current?.id) : undefined;
      this.select(same ?? rows[Math.min(this.index, rows.length - 1)] ?? row, this.hadFocus);
    }
  }

  /** The row under the cursor went (it was dealt with): the one that takes its place is next. */
  rowTargetDisconnected(row: HTMLElement): void {
    if (row !== this.current) return;
    const rows = this.rowTargets;
    const next = rows[Math.min(this.index, rows.length - 1)];
    if (next) this.select(next, this.hadFocus);
  }

  private select(row: HTMLElement, focus: boolean): void {
    for (const other of this.rowTargets) {
      other.tabIndex = -1;
      other.removeAttribute("aria-current");
    }
    row.tabIndex = 0;
    row.setAttribute("aria-current", "true");
    this.current = row;
    this.index = this.rowTargets.indexOf(row);
    this.hadFocus = focus;
    if (focus) {
      row.focus({ preventScroll: true });
      row.scrollIntoView?.({ block: "nearest" });
    }
  }

  private move(by: number): void {
    const rows = this.rowTargets;
    if (rows.length === 0) return;
    const at = this.hadFocus ? this.index + by : this.index;
    const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
    if (row) this.select(row, true);
  }

  private openRow(row: HTMLElement): void {
    const url = row.dataset["url"];
    if (!url) return;
    for (const other of this.rowTargets) other.classList.toggle("is-open", other === row);
    open(url, this.detailValue);
  }

  private pressed(event: KeyboardEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (target?.closest("input, textarea, select, [contenteditable]")) return;
    if (document.querySelector("dialog[open]")) return;
    if (this.handle(event.key, target)) event.preventDefault();
  }

  private handle(key: string, target: Element | null): boolean {
    if (key === "t" && Date.now() - this.waitingForChord < CHORD) {
      this.waitingForChord = 0;
      if (this.todosValue) go(this.todosValue);
      return true;
    }
    this.waitingForChord = key === "g" ? Date.now() : 0;
    if (key === "j" || key === "k") {
      this.move(key === "j" ? 1 : -1);
      return true;
    }
    if (key === "/") {
      const search = document.querySelector<HTMLInputElement>("#search");
      search?.focus();
      return search !== null;
    }
    if (key === "?") {
      const dialog = document.getElementById(this.keysValue);
      if (!(dialog instanceof HTMLDialogElement)) return false;
      dialog.showModal();
      return true;
    }
    if (key === "u") {
      const undo = [...document.querySelectorAll<HTMLElement>(".wg-toast__undo")].at(-1);
      undo?.click();
      return undo !== undefined;
    }
    if (!this.current) return false;
    if (ACTIONS.has(key)) {
      const button = this.current.querySelector<HTMLElement>(`[data-triage-key="${key}"]`);
      button?.click();
      // The click was the keyboard's: when this row goes, the cursor stands on the next one.
      this.hadFocus = true;
      return button !== null;
    }
    if (key === "Enter" && !target?.closest("a, button, summary, label")) {
      this.openRow(this.current);
      return true;
    }
    return false;
  }

  private clicked(event: Event): void {
    const target = event.target instanceof Element ? event.target : null;
    const row = target?.closest<HTMLElement>('[data-triage-target~="row"]');
    if (!row || !this.rowTargets.includes(row)) return;
    const control = target?.closest("a, button, input, label, summary");
    this.select(row, !control);
    // A plain click on the row's main link opens beside the list, too; with a modifier it stays a link.
    const main = control?.matches("[data-triage-open]");
    const plain = event instanceof MouseEvent && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!control || (main && plain && document.querySelector(this.detailValue))) {
      event.preventDefault();
      this.openRow(row);
    }
  }
}
