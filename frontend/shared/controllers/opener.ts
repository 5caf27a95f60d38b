import { Controller } from "@hotwired/stimulus";

/** A button that opens a dialog elsewhere on the page. */
export default class OpenerController extends Controller<HTMLElement> {
  static override values = { dialog: String };
  declare readonly dialogValue: string;

  open(event: Event): void {
    const dialog = document.getElementById(this.dialogValue);
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
  }
}
