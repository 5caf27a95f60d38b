import { Controller } from "@hotwired/stimulus";
import { toast } from "../requests";

/** The page around the content: rail on small screens, search by "/", connection strip, words for failed requests. */
export default class FrameController extends Controller<HTMLElement> {
  static override targets = ["rail", "veil", "menu", "search", "connection", "connectionText"];
  static override values = { textNetwork: String, textServer: String, textRefused: String };
  declare readonly railTarget: HTMLElement;
  declare readonly hasRailTarget: boolean;
  declare readonly veilTarget: HTMLElement;
  declare readonly hasVeilTarget: boolean;
  declare readonly menuTargets: HTMLElement[];
  declare readonly searchTarget: HTMLInputElement;
  declare readonly hasSearchTarget: boolean;
  declare readonly connectionTarget: HTMLElement;
  declare readonly hasConnectionTarget: boolean;
  declare readonly connectionTextTarget: HTMLElement;
  declare readonly textNetworkValue: string;
  declare readonly textServerValue: string;
  declare readonly textRefusedValue: string;
  private opened: HTMLElement | null = null;

  private readonly key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && this.opened) this.closeRail();
    const typing = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || !this.hasSearchTarget) return;
    event.preventDefault();
    this.searchTarget.focus();
    this.searchTarget.select();
  };
  private readonly failed = (event: Event): void => {
    const status = (event as CustomEvent<{ xhr?: XMLHttpRequest }>).detail?.xhr?.status ?? 0;
    toast(status === 403 || status === 404 ? this.textRefusedValue : this.textServerValue, "error");
  };
  private readonly unreachable = (): void => toast(this.textNetworkValue, "error");
  private readonly link = (): void => this.showConnection();

  override connect(): void {
    document.addEventListener("keydown", this.key);
    this.element.addEventListener("htmx:responseError", this.failed);
    this.element.addEventListener("htmx:sendError", this.unreachable);
    this.element.addEventListener("htmx:timeout", this.unreachable);
    window.addEventListener("online", this.link);
    window.addEventListener("offline", this.link);
    if (!navigator.onLine) this.showConnection();
  }

  override disconnect(): void {
    document.removeEventListener("keydown", this.key);
    this.element.removeEventListener("htmx:responseError", this.failed);
    this.element.removeEventListener("htmx:sendError", this.unreachable);
    this.element.removeEventListener("htmx:timeout", this.unreachable);
    window.removeEventListener("online", this.link);
    window.removeEventListener("offline", this.link);
  }

  openRail(event: Event): void {
    if (!this.hasRailTarget) return;
    this.opened = event.currentTarget as HTMLElement;
    this.railTarget.classList.add("is-open");
    if (this.hasVeilTarget) this.veilTarget.hidden = false;
    for (const menu of this.menuTargets) menu.setAttribute("aria-expanded", "true");
    this.railTarget.querySelector<HTMLElement>("[aria-current], a")?.focus();
  }

  closeRail(): void {
    if (!this.hasRailTarget) return;
    this.railTarget.classList.remove("is-open");
    if (this.hasVeilTarget) this.veilTarget.hidden = true;
    for (const menu of this.menuTargets) menu.setAttribute("aria-expanded", "false");
    this.opened?.focus();
    this.opened = null;
  }

  private showConnection(): void {
    if (!this.hasConnectionTarget) return;
    const { online = "", offline = "", queue = "" } = this.connectionTarget.dataset;
    this.connectionTarget.classList.toggle("is-offline", !navigator.onLine);
    this.connectionTextTarget.textContent = [navigator.onLine ? online : offline, queue].filter(Boolean).join(" · ");
  }
}
