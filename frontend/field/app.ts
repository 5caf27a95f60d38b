// The phone's shell: opens with or without a connection, sends what waits, shows screens.
import LightboxController from "../shared/controllers/lightbox";
import ThemeController from "../shared/controllers/theme";
import ToastController from "../shared/controllers/toast";
import { start } from "../shared/start";
import { watch } from "./counts";
import { hear } from "./news";
import { askToKeep } from "./room";
import { boxes } from "./screens/boxes";
import { caseScreen } from "./screens/case";
import { home } from "./screens/home";
import { mineScreens } from "./screens/me";
import { notes } from "./screens/notes";
import { refused } from "./screens/refused";
import { report } from "./screens/report";
import { rounds } from "./screens/round";
import { standup } from "./screens/standup";
import { tasks } from "./screens/tasks";
import { todo } from "./screens/todo";
import { visits } from "./screens/visit";
import { go, register, show, startScreens, type Screen } from "./screens";
import { begin, greet, renew } from "./session";
import { current } from "./store";
import { showCounts } from "./strip";
import { flush, keepSending } from "./sync";
import { buzz, toast } from "./toast";
import { askToWake, keepShell } from "./update";
import { dropIfOver } from "./working_set";
import { word } from "./words";

const EVERY = 5 * 60_000; // between looks at what is new, while somebody looks
const HOUR = 3_600_000;

/** Every screen of the phone; a part of it adds its own here. */
const screens: Screen[] = [
  ...[home, report, refused, ...boxes, ...mineScreens, ...notes],
  ...[todo, caseScreen, standup, ...rounds, ...visits, ...tasks],
];

function onMain(event: Event): void {
  event.preventDefault(); // "#main" is no route
  document.getElementById("main")?.focus();
}

/** Somebody else may have logged in since: then everything shown is drawn anew, from his own store. */
async function whoIsThere(): Promise<void> {
  const before = current().userId;
  await greet();
  if (current().userId !== before) show();
}

async function open(): Promise<void> {
  start({ lightbox: LightboxController, theme: ThemeController, toast: ToastController });
  const { theme = "normal" } = document.documentElement.dataset;
  document.body.dataset["weuiTheme"] = theme === "dark" ? "dark" : "light";
  for (const one of document.querySelectorAll("[data-theme-target=elder]")) one.setAttribute("aria-pressed", String(theme === "elder"));
  document.querySelector("[data-skip]")?.addEventListener("click", onMain);
  register(...screens);
  void keepShell(document.body.dataset["worker"]!, () => void flush());
  const found = await begin();
  watch(showCounts);
  if (found === "signed-out") {
    go("signed-out", { replace: true });
    window.addEventListener("online", () => location.reload());
    return;
  }
  startScreens();
  void askToKeep();
  void current().takeReserve();
  hear("queued", () => void askToWake());
  await whoIsThere();
  keepSending(({ acknowledged, stopped }) => {
    if (stopped?.reason === "other-user") void whoIsThere().then(renew);
    if (acknowledged > 0) {
      buzz(60);
      void renew();
    }
  });
  void renew();
  setInterval(() => document.visibilityState === "visible" && void renew(), EVERY);
  setInterval(() => {
    void dropIfOver().then((dropped) => dropped && toast(word("set-over")));
  }, HOUR);
}

void open();
