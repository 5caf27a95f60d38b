import { Controller } from "@hotwired/stimulus";
import { accepted, decode, MAX_SIDE, shrink } from "../pictures";
import { csrfToken, fill } from "../requests";
import { sha256 } from "../sha256";
import { upload } from "../upload";

const RETRIES = 2;

/** Photos of a form: checked, shrunk, previewed and sent one by one before the form itself, which carries their SHA-256. */
export default class PhotosController extends Controller<HTMLElement> {
  static override targets = ["input", "list", "add", "shot", "message"];
  static override values = {
    url: String,
    name: { type: String, default: "photo_sha256" },
    count: { type: Number, default: 9 },
    bytes: { type: Number, default: 10_000_000 },
    pixels: { type: Number, default: 50_000_000 },
    textType: String,
    textSize: String,
    textPixels: String,
    textCount: String,
    textSending: String,
    textSent: String,
    textFailed: String,
    textRemove: String,
    textAlt: String,
    textSame: String,
    textWait: String,
  };
  declare readonly inputTarget: HTMLInputElement;
  declare readonly addTarget: HTMLElement;
  declare readonly shotTargets: HTMLElement[];
  declare readonly messageTarget: HTMLElement;
  declare readonly urlValue: string;
  declare readonly nameValue: string;
  declare readonly countValue: number;
  declare readonly bytesValue: number;
  declare readonly pixelsValue: number;
  declare readonly textTypeValue: string;
  declare readonly textSizeValue: string;
  declare readonly textPixelsValue: string;
  declare readonly textCountValue: string;
  declare readonly textSendingValue: string;
  declare readonly textSentValue: string;
  declare readonly textFailedValue: string;
  declare readonly textRemoveValue: string;
  declare readonly textAltValue: string;
  declare readonly textSameValue: string;
  declare readonly textWaitValue: string;
  private form: HTMLFormElement | null = null;
  private pending = 0;
  private readonly guard = (event: Event): void => {
    if (this.pending === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.say(this.textWaitValue);
  };

  override connect(): void {
    if (!this.urlValue) return; // a plain file input: the form itself carries the files
    this.inputTarget.removeAttribute("name");
    this.form = this.element.closest("form");
    this.form?.addEventListener("submit", this.guard, { capture: true });
  }

  override disconnect(): void {
    this.form?.removeEventListener("submit", this.guard, { capture: true });
  }

  async pick(): Promise<void> {
    const files = [...(this.inputTarget.files ?? [])];
    this.say("");
    if (!this.urlValue) {
      await this.refusePlain(files);
      return;
    }
    this.inputTarget.value = "";
    this.pending += 1;
    try {
      for (const file of files) await this.take(file);
    } finally {
      this.pending -= 1;
    }
  }

  remove(event: Event): void {
    const shot = (event.currentTarget as HTMLElement).closest<HTMLElement>(".wg-shot");
    shot?.dispatchEvent(new CustomEvent("photos:abort"));
    shot?.remove();
    this.addTarget.hidden = this.shotTargets.length >= this.countValue;
    this.inputTarget.focus();
  }

  /** Without an upload address nothing may be changed, but what would be refused is told before sending. */
  private async refusePlain(files: File[]): Promise<void> {
    let text = files.length > this.countValue ? this.textCountValue : "";
    for (const file of files) {
      if (!(await accepted(file))) text = fill(this.textTypeValue, { name: file.name });
      else if (file.size > this.bytesValue) text = fill(this.textSizeValue, { name: file.name });
    }
    if (!text) return;
    this.inputTarget.value = "";
    this.say(text);
  }

  private async take(file: File): Promise<void> {
    if (this.shotTargets.length >= this.countValue) {
      this.say(this.textCountValue);
      return;
    }
    if (!(await accepted(file))) {
      this.say(fill(this.textTypeValue, { name: file.name }));
      return;
    }
    let body: Blob = file;
    const picture = await decode(file);
    if (picture) {
      const { width, height } = picture;
      if (width * height > this.pixelsValue) {
        picture.close();
        this.say(fill(this.textPixelsValue, { name: file.name }));
        return;
      }
      if (file.size > this.bytesValue) body = (await shrink(picture, MAX_SIDE)) ?? file;
      picture.close();
    }
    if (body.size > this.bytesValue) {
      this.say(fill(this.textSizeValue, { name: file.name }));
      return;
    }
    const hash = await sha256(await body.arrayBuffer());
    if (this.shotTargets.some((shot) => shot.dataset["sha256"] === hash)) {
      this.say(fill(this.textSameValue, { name: file.name }));
      return;
    }
    const shot = this.draw(body, hash);
    void this.send(shot, body, hash);
  }

  private async send(shot: HTMLElement, body: Blob, hash: string): Promise<void> {
    const bar = shot.querySelector<HTMLProgressElement>("progress");
    const word = shot.querySelector<HTMLElement>(".wg-shot__word");
    const retry = shot.querySelector<HTMLButtonElement>(".wg-shot__retry");
    const abort = new AbortController();
    shot.addEventListener("photos:abort", () => abort.abort(), { once: true });
    shot.classList.remove("wg-shot--failed");
    shot.classList.add("wg-shot--sending");
    if (retry) retry.hidden = true;
    this.pending += 1;
    let refusal = "";
    let done = false;
    for (let attempt = 0; attempt <= RETRIES && !done && !abort.signal.aborted; attempt++) {
      const answer = await upload(`${this.urlValue}/${hash}`, body, csrfToken(), abort.signal, (percent) => {
        if (bar) bar.value = percent;
        if (word) word.textContent = fill(this.textSendingValue, { percent });
      });
      done = answer.ok;
      refusal = answer.reason;
      if (answer.final) break; // refused for good: the same bytes will not do better
      if (!done && attempt < RETRIES) await new Promise((next) => setTimeout(next, 500 * 2 ** attempt));
    }
    this.pending -= 1;
    if (!shot.isConnected) return;
    shot.classList.remove("wg-shot--sending");
    if (done) {
      shot.classList.add("wg-shot--sent");
      if (word) word.textContent = this.textSentValue;
      const hidden = document.createElement("input");
      hidden.type = "hidden";
      hidden.name = this.nameValue;
      hidden.value = hash;
      shot.append(hidden);
      this.dispatch("sent", { detail: { sha256: hash } });
    } else {
      shot.classList.add("wg-shot--failed");
      if (word) word.textContent = this.textFailedValue;
      if (retry) {
        retry.hidden = false;
        retry.onclick = () => void this.send(shot, body, hash);
      }
      this.say(refusal || this.textFailedValue);
    }
  }

  private draw(body: Blob, hash: string): HTMLElement {
    const n = this.shotTargets.length + 1;
    const shot = document.createElement("li");
    shot.className = "wg-shot";
    shot.dataset["photosTarget"] = "shot";
    shot.dataset["sha256"] = hash;
    const image = document.createElement("img");
    image.alt = fill(this.textAltValue, { n });
    image.src = URL.createObjectURL(body);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", image.alt);
    const word = document.createElement("span");
    word.className = "wg-shot__word";
    const retry = document.createElement("button");
    retry.type = "button";
    retry.className = "wg-shot__retry";
    retry.hidden = true;
    retry.setAttribute("aria-label", this.textFailedValue);
    retry.textContent = "↻";
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "wg-shot__remove";
    remove.dataset["action"] = "photos#remove";
    remove.setAttribute("aria-label", fill(this.textRemoveValue, { n }));
    remove.textContent = "×";
    shot.append(image, bar, word, retry, remove);
    this.addTarget.before(shot);
    this.addTarget.hidden = n >= this.countValue;
    return shot;
  }

  private say(text: string): void {
    this.messageTarget.textContent = text;
    this.messageTarget.hidden = text === "";
  }
}
