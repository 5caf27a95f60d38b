// The voice note of a report: a tap begins it, a tap or a minute ends it.
import { part } from "./dom";
import { fileOf, QuotaError } from "./outbox";
import type { Wrote } from "./reporting";
import type { CapturedFile } from "./rows";
import { toast } from "./toast";
import { canRecord, LONGEST, record, type Recording } from "./voice";
import { word } from "./words";

export class Voice {
  private recording: Recording | null = null;
  private kept: Promise<void> = Promise.resolve();
  private over = false;

  /** `keep` writes the draft, with the recording that is new. */
  constructor(
    private readonly root: HTMLElement,
    private readonly wrote: Wrote,
    private readonly keep: (file: CapturedFile | null) => Promise<void>,
  ) {}

  /** Ends what is being recorded; resolves when it is kept. */
  async stop(): Promise<void> {
    this.recording?.stop();
    await this.kept;
  }

  async close(): Promise<void> {
    this.over = true; // the microphone may still be asked for
    await this.stop();
  }

  open(): void {
    part(this.root, "[data-voice]").hidden = !canRecord() && !this.wrote.voice;
    part(this.root, "[data-record]").addEventListener("click", () => void this.speak());
    part(this.root, "[data-unspeak]").addEventListener("click", () => {
      this.wrote.voice = "";
      void this.heard();
      void this.keep(null);
    });
  }

  private async speak(): Promise<void> {
    if (this.recording) return this.recording.stop();
    const label = part(this.root, "[data-record-words]");
    const plain = label.textContent ?? "";
    try {
      this.recording = await record((seconds) => (label.textContent = word("voice-stop", { n: seconds, most: LONGEST })));
    } catch {
      toast(word("voice-denied"), "error");
      return;
    }
    part(this.root, "[data-record]").setAttribute("aria-pressed", "true");
    label.textContent = word("voice-stop", { n: 0, most: LONGEST });
    this.kept = this.ended(this.recording, plain);
    if (this.over) this.recording.stop();
  }

  private async ended({ done }: Recording, plain: string): Promise<void> {
    const file = await done;
    this.recording = null;
    part(this.root, "[data-record]").setAttribute("aria-pressed", "false");
    part(this.root, "[data-record-words]").textContent = plain;
    if (!file) return;
    this.wrote.voice = file.sha;
    await this.keep(file).catch((error: unknown) => {
      this.wrote.voice = "";
      if (!(error instanceof QuotaError)) throw error;
      toast(word("room-full"), "error");
    });
    if (!this.over) await this.heard();
  }

  async heard(): Promise<void> {
    const { voice } = this.wrote;
    const player = part<HTMLAudioElement>(this.root, "[data-heard]");
    if (player.src) URL.revokeObjectURL(player.src);
    player.removeAttribute("src");
    const file = voice ? await fileOf(voice) : undefined;
    if (file) player.src = URL.createObjectURL(new Blob([file.bytes], { type: file.mime }));
    player.hidden = !file;
    part(this.root, "[data-unspeak]").hidden = !voice;
    part(this.root, "[data-record]").hidden = Boolean(voice);
  }
}
