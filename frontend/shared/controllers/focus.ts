import { Controller } from "@hotwired/stimulus";

/** Takes the focus when it appears: the summary of a refused form is read out first. */
export default class FocusController extends Controller<HTMLElement> {
  override connect(): void {
    this.element.focus();
  }
}
