// What changed in the store, told to whoever shows it: in this tab and in every other one.
export type Topic = "boxes" | "set" | "queued" | "link";
type Listener = (detail: string) => void;

const listeners = new Map<Topic, Set<Listener>>();
const channel: BroadcastChannel | null = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("wangge");

channel?.addEventListener("message", (event: MessageEvent<{ topic: Topic; detail: string }>) => {
  here(event.data.topic, event.data.detail);
});
// In the tests' Node a listening channel would keep the process alive.
(channel as unknown as { unref?: () => void } | null)?.unref?.();

function here(topic: Topic, detail: string): void {
  for (const listener of [...(listeners.get(topic) ?? [])]) listener(detail);
}

/** Tells all tabs of this browser, this one too. */
export function tell(topic: Topic, detail = ""): void {
  here(topic, detail);
  channel?.postMessage({ topic, detail });
}

/** Calls `listener` at every news of `topic`; the answer ends it. */
export function hear(topic: Topic, listener: Listener): () => void {
  const held = listeners.get(topic) ?? new Set();
  listeners.set(topic, held.add(listener));
  return () => held.delete(listener);
}
