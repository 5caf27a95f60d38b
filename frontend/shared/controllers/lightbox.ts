import { Controller } from "@hotwired/stimulus";

/** Opens photos large in a dialog; arrow keys turn, Esc closes. Without script the links lead to the pictures. */
export default class LightboxController extends Controller<HTMLElement> {
  static override targets = ["photo"];
  static override values = { close: String, previous: String, next: String, label: String };
  declare readonly photoTargets: HTMLAnchorElement[];
  declare readonly closeValue: string;
  declare readonly previousValue: string;
  declare readonly nextValue: string;
  declare readonly labelValue: string;
  private dialog: HTMLDialogElement | null = null;
  private index = 0;

  override disconnect(): void {
    this.dialog?.remove();
    this.dialog = null;
  }

  open(event: Event): void {
    if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    this.index = Math.max(0, this.photoTargets.indexOf(event.currentTarget as HTMLAnchorElement));
    this.dialog ??= this.build();
    this.show();
    if (!this.dialog.open) this.dialog.showModal();
  }

  private show(): void {
    const photo = this.photoTargets[this.index];
    const dialog = this.dialog;
    if (!photo || !dialog) return;
    const image = dialog.querySelector("img");
    const caption = dialog.querySelector("figcaption");
    const small = photo.querySelector("img");
    if (image) {
      image.src = photo.href;
      image.alt = small?.alt ?? "";
    }
    const count = this.photoTargets.length > 1 ? `${this.index + 1} / ${this.photoTargets.length}` : "";
    if (caption) caption.textContent = [photo.dataset["caption"], count].filter(Boolean).join("  ·  ");
  }

  private turn(by: number): void {
    const count = this.photoTargets.length;
    this.index = (this.index + by + count) % count;
    this.show();
  }

  private build(): HTMLDialogElement {
    const dialog = document.createElement("dialog");
    dialog.className = "wg-lightbox";
    dialog.setAttribute("aria-label", this.labelValue);
    const figure = document.createElement("figure");
    figure.append(document.createElement("img"), document.createElement("figcaption"));
    dialog.append(figure, this.button("close", "×", this.closeValue, () => dialog.close()));
    if (this.photoTargets.length > 1) {
      dialog.append(
        this.button("previous", "‹", this.previousValue, () => this.turn(-1)),
        this.button("next", "›", this.nextValue, () => this.turn(1)),
      );
      dialog.addEventListener("keydown", (event) => {
        if (event.key === "ArrowLeft") this.turn(-1);
        if (event.key === "ArrowRight") this.turn(1);
      });
    }
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target === figure) dialog.close();
    });
    document.body.append(dialog);
    return dialog;
  }

  private button(kind: string, sign: string, label: string, act: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `wg-lightbox__${kind}`;
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  }
}
