import { Application, type ControllerConstructor } from "@hotwired/stimulus";
import { sweepSentDrafts } from "./drafts";

/** Starts Stimulus with the given controllers, named by their keys. */
export function start(controllers: Record<string, ControllerConstructor>): Application {
  sweepSentDrafts();
  const application = Application.start();
  for (const [name, controller] of Object.entries(controllers)) application.register(name, controller);
  return application;
}
