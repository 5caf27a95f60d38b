/** Tells a short word in the live region of the page. */
export function toast(text: string, tone: "info" | "success" | "error" = "info"): void {
  window.dispatchEvent(new CustomEvent("wangge:toast", { detail: { text, tone } }));
}

/** A short buzz, once the page was touched: before that browsers forbid it. */
export function buzz(ms: number): void {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(ms);
}
