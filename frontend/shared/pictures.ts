/** Longest side after shrinking, in pixels: enough to read a number plate at 10 m, small enough for a bad network. */
export const MAX_SIDE = 1600;

const QUALITY = 0.85;

/** Whether the first bytes are those of a JPEG, PNG, WebP or HEIC; the name and the stated type prove nothing. */
export async function accepted(file: Blob): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const text = String.fromCharCode(...head);
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return true;
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return true;
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return true;
  return text.slice(4, 8) === "ftyp" && ["heic", "heix", "hevc", "heif", "mif1", "msf1"].includes(text.slice(8, 12));
}

/** The picture, or null where this browser cannot read the format (HEIC outside Safari): the server then decides. */
export async function decode(file: Blob): Promise<ImageBitmap | null> {
  try {
    return await createImageBitmap(file);
  } catch {
    return null;
  }
}

/** Width and height that fit into a square of `side` pixels; never larger than they were. */
export function fitted(width: number, height: number, side: number): [number, number] {
  const scale = Math.min(1, side / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** A JPEG whose longest side is at most `side` pixels; null where there is no canvas. */
export async function shrink(picture: ImageBitmap, side: number): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = fitted(picture.width, picture.height, side);
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
}
