import { Controller } from "@hotwired/stimulus";

/** A native <dialog>: opens at once when it arrives with data-dialog-open-value, closes by button and by its backdrop. */
export default class DialogController extends Controller<HTMLDialogElement> {
  static override values = { open: Boolean };
  declare readonly openValue: boolean;

  override connect(): void {
    if (this.openValue && !this.element.open) this.element.showModal();
  }

  close(): void {
    this.element.close();
  }

  /** A click on the dialog itself, not on what is in it, is a click beside it. */
  backdrop(event: Event): void {
    if (event.target === this.element) this.element.close();
  }
}
