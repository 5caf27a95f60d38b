// The office's own guess at the matter: it has learned from cases, the phone only knows words. Asked only when it is quick.
import { Line } from "./line";
import { current } from "./store";

const URL = "/field/guess";
const PATIENCE = 1500; // ms

let line: Line | null = null;

/** Codes of the likeliest matters, best first; [] offline, when it takes too long, or when there is nothing to say. */
export async function serverGuess(text: string): Promise<string[]> {
  if (!text.trim() || !navigator.onLine) return [];
  return Promise.race([asked(text).catch(() => []), new Promise<string[]>((done) => setTimeout(() => done([]), PATIENCE))]);
}

async function asked(text: string): Promise<string[]> {
  const { userId } = current();
  if (line?.userId !== userId) line = await Line.open(userId);
  // By POST: what is reported belongs into no address.
  const answer = await line.send("POST", URL, new URLSearchParams({ text }), { Accept: "text/html" });
  if (!answer.ok || answer.redirected) return [];
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return [...page.querySelectorAll<HTMLInputElement>("input[name=matter]")].map((one) => one.value);
}
