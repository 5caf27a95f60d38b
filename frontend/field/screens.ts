// Screens of the shell: each clones its <template>, is named by the first part of location.hash and fills itself.
import { word } from "./words";

export type Tab = "home" | "report" | "todo" | "me";

export interface Screen {
  /** First part of the route: "report" is "#/report". */
  name: string;
  /** Id of the <template>. Its data-title is the heading, data-back the route of the arrow, data-tab the tab lit. */
  template: string;
  /** Fills `root`, which holds a fresh copy of the template. `params` are the further parts of the route. */
  open(root: HTMLElement, params: string[], query: URLSearchParams): void | Promise<void>;
  /** Before another screen is shown: ends what runs, keeps what was typed. */
  close?(): void | Promise<void>;
}

export interface Route {
  name: string;
  params: string[];
  query: URLSearchParams;
}

const screens = new Map<string, Screen>();
let open_: { screen: Screen; root: HTMLElement } | null = null;
let shown: string | null = null;
let turning: Promise<void> = Promise.resolve();

export function register(...found: Screen[]): void {
  for (const screen of found) screens.set(screen.name, screen);
}

/** "#/case/NC-2026-000001?x=1" → case, [NC-2026-000001], x=1; anything else is the start page. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?");
  const [name = "", ...params] = path.split("/").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { name: name || "home", params: params.filter(Boolean), query: new URLSearchParams(query) };
}

/** Goes to "report", "case/NC-2026-000001" …; `replace` leaves no step back. */
export function go(path: string, { replace = false } = {}): void {
  const hash = `#/${path}`;
  if (hash === location.hash) show();
  else if (replace) {
    history.replaceState(null, "", hash);
    show();
  } else location.hash = hash;
}

/** The name of the screen shown now. */
export function showing(): string {
  return open_?.screen.name ?? "";
}

/** Sets the heading of the page and of the window. */
export function setTitle(text: string): void {
  const heading = document.getElementById("title");
  if (heading) heading.textContent = text;
  document.title = [text, document.body.dataset["site"]].filter(Boolean).join(" · ");
}

/** Shows the screen that location.hash names; one after the other, the one before being closed. */
export function show(): void {
  turnTo(true);
}

function turnTo(anew: boolean): void {
  turning = turning.then(() => turn(anew)).catch((error: unknown) => {
    console.error(error);
    failed();
  });
}

/** For tests and for whoever must wait: resolves when the screen asked for last is filled. */
export function settled(): Promise<void> {
  return turning;
}

/** Begins to follow location.hash. */
export function startScreens(): void {
  window.addEventListener("hashchange", () => turnTo(false));
  show();
}

/** Ways to pages of the server, for what the phone has no screen of its own. */
const ELSEWHERE: Record<string, (params: string[]) => string> = {
  report: () => "/field/report/",
  todo: () => "/field/todo/",
  case: ([number = ""]) => `/field/cases/${number}/`,
};

async function turn(anew: boolean): Promise<void> {
  const { hash } = location;
  if (hash && !hash.startsWith("#/")) return; // a place within the page
  if (!anew && hash === shown) return; // two changes in a row: both find the last one
  shown = hash;
  const { name, params, query } = routeOf(hash);
  const elsewhere = screens.has(name) ? undefined : ELSEWHERE[name];
  if (elsewhere) {
    history.replaceState(null, "", "#/home"); // the way back leads here
    location.assign(elsewhere(params));
    return;
  }
  const screen = screens.get(name) ?? screens.get("home");
  const main = document.getElementById("main");
  if (!screen || !main) return;
  const before = open_;
  open_ = null;
  await before?.screen.close?.();
  const template = document.getElementById(screen.template) as HTMLTemplateElement;
  const root = document.createElement("div");
  root.className = "wg-screen";
  root.dataset["screen"] = screen.name;
  root.append(template.content.cloneNode(true));
  main.replaceChildren(root);
  frame(template, root);
  open_ = { screen, root };
  await screen.open(root, params, query);
  if (before) {
    window.scrollTo(0, 0);
    (root.querySelector<HTMLElement>("[autofocus]") ?? main).focus({ preventScroll: true });
  }
}

/** Heading, arrow and tabs; a screen with a bar of its own actions covers the tabs. */
function frame(template: HTMLTemplateElement, root: HTMLElement): void {
  const { title = "", back = "", tab = "" } = template.dataset;
  setTitle(title);
  const arrow = document.getElementById("back") as HTMLAnchorElement | null;
  if (arrow) {
    arrow.hidden = !back;
    arrow.href = back || "#/home";
  }
  const mark = document.getElementById("mark");
  if (mark) mark.hidden = Boolean(back);
  for (const one of document.querySelectorAll<HTMLElement>("[data-tab-link]")) {
    if (one.dataset["tabLink"] === tab) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
  const tabs = document.getElementById("tabs");
  if (tabs) tabs.hidden = root.querySelector(".wg-phone__bar") !== null;
}

function failed(): void {
  const main = document.getElementById("main");
  if (!main) return;
  const said = document.createElement("p");
  said.className = "wg-notice wg-notice--red";
  said.setAttribute("role", "alert");
  said.textContent = word("screen-failed");
  main.replaceChildren(said);
}
