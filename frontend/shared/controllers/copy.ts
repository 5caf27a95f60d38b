import { Controller } from "@hotwired/stimulus";
import { toast } from "../requests";

/** Puts a text on the clipboard and says so. */
export default class CopyController extends Controller<HTMLElement> {
  static override values = { text: String, done: String };
  declare readonly textValue: string;
  declare readonly doneValue: string;

  async copy(): Promise<void> {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(this.textValue);
    } else {
      // Plain HTTP has no clipboard interface; the old command still works there.
      const area = document.createElement("textarea");
      area.value = this.textValue;
      area.className = "visually-hidden";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    toast(this.doneValue, "success");
  }
}
