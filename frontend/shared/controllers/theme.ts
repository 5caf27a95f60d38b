import { Controller } from "@hotwired/stimulus";

const YEAR = 31_536_000;

/** Normal, elder (长辈版) or dark; kept in a cookie that the server reads, so that a page never flashes. */
export default class ThemeController extends Controller<HTMLElement> {
  static override targets = ["choice", "elder"];
  declare readonly choiceTargets: HTMLButtonElement[];
  declare readonly elderTargets: HTMLButtonElement[];

  choose(event: Event & { params?: { name?: string } }): void {
    this.set(event.params?.name ?? "normal");
  }

  toggleElder(): void {
    this.set(document.documentElement.dataset["theme"] === "elder" ? "normal" : "elder");
  }

  private set(name: string): void {
    document.documentElement.dataset["theme"] = name;
    if (document.body.dataset["weuiTheme"]) document.body.dataset["weuiTheme"] = name === "dark" ? "dark" : "light";
    document.cookie = `theme=${name}; path=/; max-age=${YEAR}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
    for (const choice of this.choiceTargets) {
      choice.setAttribute("aria-pressed", String(choice.dataset["themeNameParam"] === name));
    }
    for (const elder of this.elderTargets) elder.setAttribute("aria-pressed", String(name === "elder"));
    window.dispatchEvent(new CustomEvent("wangge:theme", { detail: { name } }));
  }
}
