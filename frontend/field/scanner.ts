// Scans a QR code with the camera. The page has <template id="p-scanner"> and <body data-qr="address of qr.js">.
import { copyOf, part, say } from "./dom";
import { word } from "./words";
import { buzz } from "./toast";

type Reader = (video: HTMLVideoElement) => Promise<string | null>;

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type Detectors = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };

const PAUSE = 150; // ms between looks: a hand needs longer to hold still
const SIDE = 640; // pixels that are looked at

/** How this browser reads a code: by itself, else by script. */
async function reader(): Promise<Reader> {
  const native = (globalThis as { BarcodeDetector?: Detectors }).BarcodeDetector;
  if (native && (await native.getSupportedFormats().catch((): string[] => [])).includes("qr_code")) {
    const detector = new native({ formats: ["qr_code"] });
    return async (video) => (await detector.detect(video))[0]?.rawValue || null;
  }
  const { decode } = (await import(document.body.dataset["qr"]!)) as typeof import("./qr");
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    if (!context || !video.videoWidth) return null;
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    [canvas.width, canvas.height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    return decode(context.getImageData(0, 0, canvas.width, canvas.height));
  };
}

/**
 * Opens the scanner over the page; resolves with what the code says, or what was typed from the label by hand, or null
 * when it was closed. The camera runs only while the scanner is open.
 */
export async function scan(): Promise<string | null> {
  const dialog = copyOf<HTMLDialogElement>("p-scanner");
  const video = part<HTMLVideoElement>(dialog, "video");
  let stream: MediaStream | null = null;
  let over = false;
  document.body.append(dialog);
  const found = new Promise<string | null>((done) => {
    const end = (text: string | null): void => {
      over = true;
      for (const track of stream?.getTracks() ?? []) track.stop();
      dialog.close();
      dialog.remove();
      done(text);
    };
    dialog.addEventListener("cancel", () => end(null));
    part(dialog, "[data-close]").addEventListener("click", () => end(null));
    part<HTMLFormElement>(dialog, "[data-typed]").addEventListener("submit", (event) => {
      event.preventDefault();
      const typed = part<HTMLInputElement>(dialog, "input").value.trim();
      if (typed) end(typed);
    });
    const look = async (): Promise<void> => {
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        if (over) {
          for (const track of stream.getTracks()) track.stop();
          return;
        }
        video.srcObject = stream;
        await video.play();
        const read = await reader();
        while (!over) {
          const text = await read(video);
          if (text && !over) {
            buzz(60);
            end(text);
          }
          await new Promise((next) => setTimeout(next, PAUSE));
        }
      } catch (error) {
        if (over) return;
        console.warn("no scanning here", error);
        video.hidden = true;
        say(dialog, "[data-said]", word("scan-no-camera"));
      }
    };
    void look();
  });
  dialog.showModal();
  return found;
}

/** What stands in a code: the bare tag, or the address that ends in it; typed, as on the label, perhaps with spaces. */
export function tagOf(scanned: string): string {
  return scanned.replace(/\s+/g, "").replace(/\/+$/, "").split("/").at(-1) ?? "";
}
