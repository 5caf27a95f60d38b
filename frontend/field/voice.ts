// A voice note: at most a minute, kept and sent like a photo.
import { sha256 } from "../shared/sha256";
import type { CapturedFile } from "./rows";

export const LONGEST = 60; // s
const RATE = 24_000; // bits a second: speech is clear, a minute is 180 kB
const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];

export interface Recording {
  /** Ends it; null when nothing was heard. */
  stop(): void;
  done: Promise<CapturedFile | null>;
}

/** Whether this browser can record at all. */
export function canRecord(): boolean {
  return typeof MediaRecorder !== "undefined" && Boolean(navigator.mediaDevices?.getUserMedia);
}

/** Begins to record; asks for the microphone first and rejects where it is refused. `tick` hears each second. */
export async function record(tick: (seconds: number) => void): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, { ...(type && { mimeType: type }), audioBitsPerSecond: RATE });
  const parts: Blob[] = [];
  let seconds = 0;
  const stop = (): void => {
    if (recorder.state !== "inactive") recorder.stop();
  };
  const timer = setInterval(() => {
    seconds += 1;
    tick(seconds);
    if (seconds >= LONGEST) stop();
  }, 1000);
  const done = new Promise<CapturedFile | null>((end) => {
    recorder.addEventListener("dataavailable", ({ data }) => data.size > 0 && parts.push(data));
    recorder.addEventListener("stop", () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      void file(new Blob(parts), recorder.mimeType || type || "audio/webm").then(end);
    });
  });
  recorder.start();
  return { stop, done };
}

async function file(blob: Blob, type: string): Promise<CapturedFile | null> {
  if (blob.size === 0) return null;
  const bytes = await blob.arrayBuffer();
  return { sha: await sha256(bytes), mime: type.split(";")[0]!, bytes };
}
