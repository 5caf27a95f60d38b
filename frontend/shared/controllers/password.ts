import { Controller } from "@hotwired/stimulus";

/** Shows what was typed as a password, on demand. */
export default class PasswordController extends Controller<HTMLElement> {
  static override targets = ["input", "button"];
  static override values = { show: String, hide: String };
  declare readonly inputTarget: HTMLInputElement;
  declare readonly buttonTarget: HTMLButtonElement;
  declare readonly showValue: string;
  declare readonly hideValue: string;

  override connect(): void {
    this.buttonTarget.hidden = false;
  }

  toggle(): void {
    const shown = this.inputTarget.type === "password";
    this.inputTarget.type = shown ? "text" : "password";
    this.buttonTarget.setAttribute("aria-pressed", String(shown));
    this.buttonTarget.setAttribute("aria-label", shown ? this.hideValue : this.showValue);
    const use = this.buttonTarget.querySelector("use");
    const href = use?.getAttribute("href");
    if (use && href) use.setAttribute("href", href.replace(/#.*/, shown ? "#eye-off" : "#eye"));
  }
}
