// Reads QR codes in script, for browsers without BarcodeDetector. A file of its own: fetched when the scanner first opens.
import jsQR from "jsqr";

/** The text of a code in a picture; null when there is none. */
export function decode(image: ImageData): string | null {
  return jsQR(image.data, image.width, image.height, { inversionAttempts: "dontInvert" })?.data || null;
}
