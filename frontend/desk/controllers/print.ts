import { Controller } from "@hotwired/stimulus";

/** A button that prints the page: shown only where a script runs. */
export default class PrintController extends Controller<HTMLElement> {
  override connect(): void {
    this.element.hidden = false;
  }

  print(): void {
    window.print();
  }
}
