// A row of photos: taken now or chosen, stamped, shown, taken away. For the report, and for every step that asks for photos.
import { accepted } from "../shared/pictures";
import { copyOf, part } from "./dom";
import { fileOf } from "./outbox";
import type { Shot } from "./reporting";
import { roomFor } from "./room";
import type { CapturedFile } from "./rows";
import { isFresh, stamp, stampTime } from "./watermark";
import { word } from "./words";

const MOST = 9;

/** The small picture of one's own photo that the server has. */
export function atServer(sha: string): string {
  return `/field/photos/${sha}`;
}

export interface Shown {
  /** Lines of the watermark for a photo that is taken now. */
  lines(): Promise<string[]>;
  /** A photo was added (with its file) or taken away: to be kept before anything else happens. */
  changed(added: CapturedFile | null): Promise<void>;
  /** What went wrong; "" takes it back. */
  said(text: string): void;
}

export class Shots {
  private work: Promise<void> = Promise.resolve();
  private readonly urls: string[] = [];

  /** `list` is a <ul> whose last item holds the camera; `shots` is written by this class. */
  constructor(
    private readonly list: HTMLElement,
    readonly shots: Shot[],
    private readonly shown: Shown,
  ) {
    const camera = part<HTMLInputElement>(list, "[data-camera]");
    camera.addEventListener("change", () => this.pick(camera, true));
  }

  /** Adds another way to photos: the album. What is chosen there is marked as such. */
  album(input: HTMLInputElement): void {
    input.addEventListener("change", () => this.pick(input, false));
  }

  /** Shows what a draft holds. */
  async restore(): Promise<void> {
    for (const shot of [...this.shots]) {
      const file = await fileOf(shot.sha);
      this.draw(shot, file ? new Blob([file.bytes], { type: file.mime }) : null);
    }
  }

  /** Resolves when no photo is being worked at. */
  settled(): Promise<void> {
    return this.work;
  }

  close(): void {
    for (const url of this.urls) URL.revokeObjectURL(url);
  }

  private pick(input: HTMLInputElement, evidence: boolean): void {
    const files = [...(input.files ?? [])];
    input.value = "";
    this.shown.said("");
    for (const file of files) {
      this.work = this.work.then(() => this.take(file, evidence)).catch((error: unknown) => {
        console.error(error);
        this.shown.said(word((error as Error).name === "QuotaError" ? "room-full" : "photo-failed"));
      });
    }
  }

  private async take(file: File, evidence: boolean): Promise<void> {
    if (this.shots.length >= MOST) return this.shown.said(word("photo-most"));
    if (!(await accepted(file))) return this.shown.said(word("photo-type"));
    if ((await roomFor(file.size)) === "full") return this.shown.said(word("room-full"));
    // Some browsers open the album although the camera was asked for: a photo of last week is no proof of today.
    const fresh = isFresh(file);
    if (evidence && !fresh && this.list.dataset["fresh"] === "1") return this.shown.said(word("photo-not-fresh"));
    const lines = fresh && evidence ? [stampTime(), ...(await this.shown.lines())] : [word("photo-album", { when: stampTime() })];
    const { photo, original } = await stamp(file, lines);
    if (this.shots.some((one) => one.sha === photo.sha || one.original === original)) return this.shown.said(word("photo-same"));
    const shot = { sha: photo.sha, original };
    this.shots.push(shot);
    try {
      await this.shown.changed(photo);
    } catch (error) {
      this.shots.splice(this.shots.indexOf(shot), 1);
      throw error;
    }
    this.draw(shot, new Blob([photo.bytes], { type: photo.mime }));
  }

  private draw(shot: Shot, picture: Blob | null): void {
    const made = copyOf("p-shot");
    const n = this.list.querySelectorAll(".wg-shot--taken").length + 1;
    const image = part<HTMLImageElement>(made, "img");
    image.alt = word("photo-alt", { n });
    made.dataset["sha"] = shot.sha;
    if (picture) {
      const url = URL.createObjectURL(picture);
      this.urls.push(url);
      image.src = url;
    } else {
      image.src = atServer(shot.sha); // it is there already, and gone from here
      image.addEventListener("error", () => (image.hidden = true), { once: true });
    }
    const remove = part<HTMLButtonElement>(made, "button");
    remove.setAttribute("aria-label", word("photo-remove", { n }));
    remove.addEventListener("click", () => {
      this.shots.splice(this.shots.indexOf(shot), 1);
      made.remove();
      this.look();
      void this.shown.changed(null);
      part<HTMLInputElement>(this.list, "[data-camera]").focus();
    });
    part(this.list, "[data-add]").before(made);
    this.look();
  }

  /** The camera is large while there is no photo, and gone when there are enough. */
  private look(): void {
    this.list.classList.toggle("has-shots", this.shots.length > 0);
    part(this.list, "[data-add]").hidden = this.shots.length >= MOST;
  }
}
