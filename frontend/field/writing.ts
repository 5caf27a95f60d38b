// What is being written on a screen, kept as a draft meanwhile: after a pause, when the phone is put away, when the screen goes.
import { drafts, dropDraft, QuotaError, saveDraft, type CapturedFile, type Draft } from "./outbox";

const PAUSE = 800; // ms after the last key

export interface Written {
  /** The route that opens it again. */
  screen: string;
  title: string;
  data: object;
  /** sha256 of the files that it names. */
  photos: string[];
}

/** The newest draft that `screen` kept. */
export async function draftOf(screen: string): Promise<Draft | undefined> {
  return (await drafts()).find((one) => one.screen === screen);
}

export class Writing {
  /** Of the draft, and of the command that is made of it: the one goes when the other is queued. */
  id: string = crypto.randomUUID();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private saving: Promise<void> = Promise.resolve();
  private touched = false;
  private kept = false;
  private over = false;

  /** `read` says what stands there; null when nothing would be missed. */
  constructor(private readonly read: () => Written | null) {
    document.addEventListener("visibilitychange", this.hidden);
  }

  /** The phone was put away, or another app came up: nothing typed may hang on the pause. */
  private readonly hidden = (): void => {
    if (document.visibilityState === "hidden" && this.touched) this.quietly();
  };

  private quietly(): void {
    void this.keep().catch(() => undefined);
  }

  /** Goes on with a draft. */
  resume({ id }: Draft): void {
    this.id = id;
    this.touched = this.kept = true;
  }

  /** Something was typed. */
  touch(): void {
    this.touched = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.quietly(), PAUSE);
  }

  /** Keeps what stands there, and `files` that are new. Rejects with `QuotaError`. */
  keep(files: CapturedFile[] = []): Promise<void> {
    this.touched = true;
    this.saving = this.saving
      .catch(() => undefined)
      .then(async () => {
        if (this.over) return;
        const written = this.read();
        if (written) await saveDraft({ id: this.id, ...written }, files);
        else if (this.kept) await dropDraft(this.id);
        this.kept = written !== null;
      });
    return this.saving;
  }

  /** Runs `send`, which queues a command of this id; false, and a second tap does nothing, while one is under way or done. */
  async become(send: () => Promise<boolean>): Promise<boolean> {
    if (this.over) return false;
    this.over = true;
    clearTimeout(this.timer);
    await this.saving.catch(() => undefined);
    const done = await send();
    this.over = done; // a full phone: it is still being written
    return done;
  }

  /** The screen goes. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.hidden);
    if (this.touched && !this.over) await this.keep().catch((error: unknown) => error instanceof QuotaError || Promise.reject(error as Error));
  }
}
