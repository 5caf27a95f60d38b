import htmx from "htmx.org";

/** The CSRF token that Django put on this page; empty when there is none. */
export function csrfToken(): string {
  const input = document.querySelector<HTMLInputElement>("input[name=csrfmiddlewaretoken]");
  if (input?.value) return input.value;
  try {
    const headers: unknown = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    return String((headers as Record<string, unknown>)["X-CSRFToken"] ?? "");
  } catch {
    return "";
  }
}

/** Loads `url` into the element that `selector` names; goes there when this page has no such element. */
export function open(url: string, selector: string): void {
  const target = selector ? document.querySelector(selector) : null;
  if (target) {
    void htmx.ajax("get", url, { target: target as HTMLElement, swap: "innerHTML" });
  } else {
    go(url);
  }
}

/** Leaves for another page. */
export function go(url: string): void {
  window.location.assign(url);
}

/** Tells a short word in the live region of the page. */
export function toast(text: string, tone: "info" | "success" | "error" = "info"): void {
  window.dispatchEvent(new CustomEvent("wangge:toast", { detail: { text, tone } }));
}

/** Fills `{name}` marks of a text that a template gave. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (mark, name: string) => (name in values ? String(values[name]) : mark));
}
