// Small hands for screens: find a part, fill it, copy a pattern.

/** The part of `root` that must be there. */
export function part<T extends HTMLElement = HTMLElement>(root: ParentNode, selector: string): T {
  const found = root.querySelector<T>(selector);
  if (!found) throw new Error(`the template lacks ${selector}`);
  return found;
}

/** A copy of the first element of <template id="name">. */
export function copyOf<T extends HTMLElement = HTMLElement>(name: string): T {
  const template = document.getElementById(name) as HTMLTemplateElement | null;
  const first = template?.content.firstElementChild;
  if (!first) throw new Error(`the page has no pattern ${name}`);
  return first.cloneNode(true) as T;
}

/** Shows a text in `selector`; an empty one hides it. */
export function say(root: ParentNode, selector: string, text: string): void {
  const target = part(root, selector);
  target.textContent = text;
  target.hidden = text === "";
}

/** A warning for `[data-notes]`. */
export function note(text: string): HTMLElement {
  const found = copyOf("p-note");
  part(found, "[data-text]").textContent = text;
  return found;
}

/** Changes which icon of the page's sprite is shown. */
export function setIcon(root: ParentNode, name: string): void {
  const use = root.querySelector("use");
  const sprite = document.querySelector("#tabs use")?.getAttribute("href")?.split("#")[0] ?? "";
  use?.setAttribute("href", `${sprite}#${name}`);
}
