import { Controller } from "@hotwired/stimulus";

/** Applies a filter as soon as it changes; the button stays for those without script. */
export default class FilterController extends Controller<HTMLFormElement> {
  static override targets = ["button"];
  declare readonly buttonTargets: HTMLButtonElement[];

  override connect(): void {
    for (const button of this.buttonTargets) button.classList.add("visually-hidden-focusable");
  }

  submit(event: Event): void {
    const field = event.target;
    // A half-typed word is not a choice: text applies on Enter.
    if (field instanceof HTMLInputElement && ["text", "search"].includes(field.type)) return;
    this.element.requestSubmit();
  }
}
