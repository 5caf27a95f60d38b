// The watermark: time, place, grid and name burnt into a photo when it is taken; of the camera's own file the hash stays.
import { decode, fitted, MAX_SIDE } from "../shared/pictures";
import { sha256 } from "../shared/sha256";
import { serverNow } from "./clock";
import type { CapturedFile } from "./rows";

export interface Stamped {
  photo: CapturedFile;
  /** sha256 of the file as the camera gave it. */
  original: string;
}

export interface Layout {
  font: number;
  pad: number;
  /** Upper edge of the dark band at the bottom. */
  top: number;
  lines: { text: string; y: number }[];
}

const QUALITY = 0.85;
const SHARE = 1 / 28; // of the shorter side: readable on a phone, small enough to hide nothing
const LEAST = 12;
const LEADING = 1.35;
const FRESH = 5 * 60_000; // ms

/** "2026-11-20 15:30:08" by the server's clock, in the phone's zone. */
export function stampTime(at = serverNow()): string {
  const date = new Date(at);
  const two = (n: number): string => String(n).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Where the lines stand on a picture of this size; `measure` gives the width of a text at a font size. */
export function layout(width: number, height: number, lines: string[], measure: (text: string, font: number) => number): Layout {
  const said = lines.filter(Boolean);
  let font = Math.max(LEAST, Math.round(Math.min(width, height) * SHARE));
  const room = width * 0.96;
  const widest = Math.max(1, ...said.map((line) => measure(line, font)));
  if (widest > room) font = Math.max(LEAST, Math.floor((font * room) / widest));
  const pad = Math.round(font * 0.6);
  const top = Math.max(0, height - said.length * font * LEADING - pad * 2);
  return { font, pad, top, lines: said.map((text, i) => ({ text, y: Math.round(top + pad + font * (1 + i * LEADING)) })) };
}

/** Whether a file was taken just now, by its own time; one from the album is older. A browser that tells none is believed. */
export function isFresh(file: { lastModified?: number }, now = Date.now()): boolean {
  return !file.lastModified || Math.abs(now - file.lastModified) <= FRESH;
}

/**
 * The photo with its watermark, at most 1600 pixels long. A format that this browser cannot read (HEIC outside Safari)
 * comes back as it was: the server then decides.
 */
export async function stamp(file: Blob, lines: string[]): Promise<Stamped> {
  const bytes = await file.arrayBuffer();
  const original = await sha256(bytes);
  const picture = await decode(file);
  const made = picture && (await burn(picture, lines));
  picture?.close();
  if (!made) return { photo: { sha: original, mime: file.type || "application/octet-stream", bytes }, original };
  const held = await made.arrayBuffer();
  return { photo: { sha: await sha256(held), mime: "image/jpeg", bytes: held }, original };
}

async function burn(picture: ImageBitmap, lines: string[]): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  const [width, height] = ([canvas.width, canvas.height] = fitted(picture.width, picture.height, MAX_SIDE));
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.drawImage(picture, 0, 0, width, height);
  const face = (font: number): string => `500 ${font}px system-ui, -apple-system, "PingFang SC", "Noto Sans SC", sans-serif`;
  const found = layout(width, height, lines, (text, font) => {
    context.font = face(font);
    return context.measureText(text).width;
  });
  context.fillStyle = "rgba(0, 0, 0, 0.5)";
  context.fillRect(0, found.top, width, height - found.top);
  context.font = face(found.font);
  context.fillStyle = "#fff";
  for (const { text, y } of found.lines) context.fillText(text, found.pad, y);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}
