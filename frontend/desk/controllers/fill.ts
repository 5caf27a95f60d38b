import { Controller } from "@hotwired/stimulus";

/** Demo only: a click on a person fills the log-in form. */
export default class FillController extends Controller<HTMLFormElement> {
  fill(event: Event & { params?: { login?: string; password?: string } }): void {
    const { login = "", password = "" } = event.params ?? {};
    const name = this.element.querySelector<HTMLInputElement>("input[name=login]");
    const secret = this.element.querySelector<HTMLInputElement>("input[name=password]");
    if (name) name.value = String(login);
    if (secret) secret.value = String(password);
    this.element.querySelector<HTMLButtonElement>("button[type=submit]")?.focus();
  }
}
