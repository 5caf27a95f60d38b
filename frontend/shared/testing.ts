// For tests only: a page with Stimulus running on it.
import { Application, type ControllerConstructor } from "@hotwired/stimulus";

let running: Application | null = null;

/** Shows `html` with the given controllers and waits until they are connected. */
export async function page(html: string, controllers: Record<string, ControllerConstructor>): Promise<HTMLElement> {
  await leave();
  document.body.innerHTML = html;
  running = Application.start();
  running.handleError = (error) => {
    throw error;
  };
  for (const [name, controller] of Object.entries(controllers)) running.register(name, controller);
  await turn();
  return document.body;
}

/** Empties the page, so that every controller disconnects, and stops Stimulus. */
export async function leave(): Promise<void> {
  document.body.innerHTML = "";
  await turn();
  running?.stop();
  running = null;
}

/** Lets mutation observers and promises have their turn. */
export async function turn(times = 3): Promise<void> {
  for (let i = 0; i < times; i++) await Promise.resolve();
  await new Promise((done) => queueMicrotask(() => done(undefined)));
  if (!isFake()) await new Promise((done) => setTimeout(done));
}

function isFake(): boolean {
  return "clock" in setTimeout;
}

export function press(key: string, target: EventTarget = document.body, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  return event;
}

/** jsdom knows <dialog> but not its methods. */
export function teachDialogs(): void {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
  };
}

export function find<T extends Element = HTMLElement>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`nothing matches ${selector}`);
  return found;
}
