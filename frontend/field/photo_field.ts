// Photos taken with the camera, here and now: watermarked, kept with the draft at once, shown small.
import { copyOf, part, say } from "./dom";
import { fileOf, QuotaError } from "./outbox";
import { roomFor } from "./room";
import type { CapturedFile } from "./rows";
import { isFresh, stamp, stampTime } from "./watermark";
import { word } from "./words";

const MOST = 9;

export interface PhotoFieldOptions {
  label: string;
  /** What is burnt in besides the time. */
  lines: () => Promise<string[]>;
  /** Keeps a photo on the disk before it is shown; may reject with `QuotaError`. */
  keep: (photo: CapturedFile) => Promise<void>;
  /** After one was taken away. */
  dropped: () => void;
}

/** Fills an empty element with a camera button and the photos taken with it. */
export class PhotoField {
  readonly shas: string[] = [];
  private readonly urls: string[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly options: PhotoFieldOptions,
  ) {
    root.replaceChildren(copyOf("p-fresh-photos"));
    say(root, "[data-label]", options.label);
    const input = part<HTMLInputElement>(root, "[data-camera]");
    input.setAttribute("aria-label", `${options.label}: ${word("photo-take")}`);
    input.addEventListener("change", () => {
      const file = input.files?.[0];
      input.value = "";
      if (file) void this.take(file);
    });
  }

  /** Shows photos that a draft holds. */
  async restore(shas: string[]): Promise<void> {
    for (const sha of shas) {
      const file = await fileOf(sha);
      if (file) this.draw(file);
    }
  }

  say(text: string): void {
    say(this.root, "[data-said]", text);
  }

  /** Lets go of the pictures shown. */
  close(): void {
    for (const url of this.urls) URL.revokeObjectURL(url);
  }

  private async take(file: File): Promise<void> {
    this.say("");
    if (!isFresh(file)) {
      this.say(word("photo-old"));
      return;
    }
    if ((await roomFor(file.size)) === "full") {
      this.say(word("room-full"));
      return;
    }
    const { photo } = await stamp(file, [stampTime(), ...(await this.options.lines())]);
    if (this.shas.includes(photo.sha)) return;
    this.draw(photo);
    try {
      await this.options.keep(photo);
    } catch (error) {
      if (!(error instanceof QuotaError)) throw error;
      this.remove(photo.sha);
      this.say(word("room-full"));
    }
  }

  private draw(photo: CapturedFile): void {
    const made = copyOf("p-fresh-photo");
    const url = URL.createObjectURL(new Blob([photo.bytes], { type: photo.mime }));
    this.urls.push(url);
    this.shas.push(photo.sha);
    made.dataset["sha"] = photo.sha;
    const image = part<HTMLImageElement>(made, "img");
    image.alt = word("photo-n", { n: this.shas.length });
    image.src = url;
    const remove = part<HTMLButtonElement>(made, "button");
    remove.setAttribute("aria-label", word("photo-drop", { n: this.shas.length }));
    remove.addEventListener("click", () => {
      this.remove(photo.sha);
      this.options.dropped();
      part(this.root, "[data-camera]").focus();
    });
    part(this.root, "[data-add]").before(made);
    part(this.root, "[data-add]").hidden = this.shas.length >= MOST;
  }

  private remove(sha: string): void {
    this.shas.splice(this.shas.indexOf(sha), 1);
    this.root.querySelector(`[data-sha="${sha}"]`)?.remove();
    part(this.root, "[data-add]").hidden = false;
  }
}
