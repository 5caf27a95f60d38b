// The service worker: keeps the shell, tells when a newer one is ready, wakes the sender.
import { toast } from "./toast";
import { word } from "./words";

const TAG = "wangge-outbox";
const AGAIN = 10_000; // ms until a first installation that the line cut off is tried again; then twice as long each time

/** Registers the worker; `wake` is called when the system says the network is back (Chromium only, a bonus). */
export async function keepShell(url: string, wake: () => void): Promise<void> {
  const had = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ type?: string }>) => {
    if (event.data.type === "flush") wake();
    if (event.data.type === "fresh" && had) toast(word("updated"));
  });
  await install(url, AGAIN);
}

async function install(url: string, wait: number): Promise<void> {
  const registration = await navigator.serviceWorker.register(url, { scope: "/field/", updateViaCache: "none" }).catch((error: unknown) => {
    console.warn("the shell is not kept on this phone", error);
    return null;
  });
  if (!registration?.active) setTimeout(() => void install(url, wait * 2), wait);
}

/** Asks to be woken when the network is back; where the browser cannot, the other triggers do. */
export async function askToWake(): Promise<void> {
  const registration = (await navigator.serviceWorker?.getRegistration?.("/field/")) as
    | (ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } })
    | undefined;
  await registration?.sync?.register(TAG).catch(() => undefined);
}

/** Fetches the shell anew, in the language of the cookie; resolves when it is kept. */
export async function renewShell(): Promise<void> {
  const worker = navigator.serviceWorker.controller;
  if (!worker) return;
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((done) => {
    port1.onmessage = () => done();
    setTimeout(done, 10_000);
    worker.postMessage({ type: "renew" }, [port2]);
  });
}
