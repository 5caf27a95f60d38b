import { Controller } from "@hotwired/stimulus";

/** Narrows a list that is already on the page to the rows that say what was typed; what is ticked always stays. */
export default class NarrowController extends Controller<HTMLElement> {
  static override targets = ["box", "text", "row"];
  declare readonly boxTargets: HTMLElement[];
  declare readonly textTarget: HTMLInputElement;
  declare readonly hasTextTarget: boolean;
  declare readonly rowTargets: HTMLElement[];

  override connect(): void {
    for (const box of this.boxTargets) box.hidden = false;
  }

  apply(): void {
    const words = this.textTarget.value.trim().toLowerCase();
    for (const row of this.rowTargets) {
      const ticked = row.querySelector("input:checked") !== null;
      row.hidden = words !== "" && !ticked && !(row.dataset["words"] ?? "").toLowerCase().includes(words);
    }
  }
}
