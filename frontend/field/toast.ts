/** Tells a short word in the live region of the page. */
export function toast(text: string, tone: "info" | "success" | "error" = "info"): void {
  window.dispatchEvent(new CustomEvent("wangge:toast", { detail: { text, tone } }));
}
