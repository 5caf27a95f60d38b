import { Controller } from "@hotwired/stimulus";
import { csrfToken, go, toast } from "../requests";

/**
 * A form that fetches a masked telephone number and dials it: one tap. Without script the form leads to a page with the
 * number. What was fetched stands on the button for this page only.
 */
export default class CallController extends Controller<HTMLFormElement> {
  static override targets = ["button", "number"];
  static override values = { none: String, failed: String };
  declare readonly buttonTarget: HTMLButtonElement;
  declare readonly numberTarget: HTMLElement;
  declare readonly noneValue: string;
  declare readonly failedValue: string;

  private phone = "";

  async dial(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.phone) this.phone = await this.fetched();
    if (!this.phone) return;
    this.numberTarget.textContent = this.phone;
    go(`tel:${this.phone}`);
  }

  private async fetched(): Promise<string> {
    this.buttonTarget.disabled = true;
    try {
      const answer = await fetch(this.element.action, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRFToken": csrfToken() },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const { phone } = (await answer.json()) as { phone: string };
      if (!phone) toast(this.noneValue, "info");
      return phone;
    } catch {
      toast(this.failedValue, "error");
      return "";
    } finally {
      this.buttonTarget.disabled = false;
    }
  }
}
