import { Controller } from "@hotwired/stimulus";

/** A <details> used as a menu: closes by Esc and by a click elsewhere. */
export default class MenuController extends Controller<HTMLDetailsElement> {
  private readonly outside = (event: Event): void => {
    if (this.element.open && !this.element.contains(event.target as Node)) this.element.open = false;
  };
  private readonly key = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.element.open) return;
    this.element.open = false;
    this.element.querySelector<HTMLElement>("summary")?.focus();
  };

  override connect(): void {
    document.addEventListener("click", this.outside);
    this.element.addEventListener("keydown", this.key);
  }

  override disconnect(): void {
    document.removeEventListener("click", this.outside);
    this.element.removeEventListener("keydown", this.key);
  }
}
