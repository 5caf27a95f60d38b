// 我的: whose phone this is, the language, files of unsent items, and the way out.
import { CarryError, exportAll, importAll, type Carried } from "../carry";
import { counts } from "../counts";
import { part, say } from "../dom";
import { Line, Stopped } from "../line";
import { QuotaError } from "../outbox";
import { go, type Screen } from "../screens";
import { current } from "../store";
import { end, renew } from "../session";
import { flush } from "../sync";
import { toast } from "../toast";
import { renewShell } from "../update";
import { onChange } from "../working_set";
import { word } from "../words";
import { freshText, me, notes } from "./home";

let ends: (() => void)[] = [];

function close(): void {
  for (const one of ends) one();
  ends = [];
}

function noNetwork(error: unknown): void {
  if (!(error instanceof Stopped)) throw error;
  toast(word(error.reason === "login" ? "login-again-none" : "no-network"), "error");
}

async function chooseLanguage(language: string): Promise<void> {
  const line = await Line.open(current().userId);
  const body = new URLSearchParams({ language, next: "/healthz" });
  await line.send("POST", document.body.dataset["language"] ?? "/language", body);
  await renewShell();
  location.reload();
}

const mine: Screen = {
  name: "me",
  template: "s-me",
  async open(root) {
    const draw = async (): Promise<void> => {
      const who = await me();
      say(root, "[data-name]", who?.name ?? "");
      say(root, "[data-posts]", (who?.posts ?? []).map((post) => [post.role_name, post.area_name].filter(Boolean).join(" ")).join("，"));
      say(root, "[data-fresh]", await freshText());
    };
    await draw();
    ends = [onChange("me", () => void draw())];
    part(root, "[data-notes]").replaceChildren(...(await notes(await counts())));
    part(root, "[data-refresh]").addEventListener("click", () => {
      void renew().then(async (done) => {
        toast(word(done ? "set-done" : "no-network"), done ? "success" : "error");
        await draw();
      });
    });
    for (const button of root.querySelectorAll<HTMLButtonElement>("[data-language]")) {
      button.addEventListener("click", () => void chooseLanguage(button.dataset["language"]!).catch(noNetwork));
    }
  },
  close,
};

let made: { carried: Carried; url: string } | null = null;

const out: Screen = {
  name: "logout",
  template: "s-logout",
  async open(root) {
    const leave = (): void => void end(current().userId, document.body.dataset["logout"]!).catch(noNetwork);
    const draw = async (): Promise<void> => {
      const { drafts, waiting, refused } = await counts();
      const unsent = drafts + waiting + refused;
      part(root, "[data-clear]").hidden = unsent > 0;
      part(root, "[data-unsent]").hidden = unsent === 0;
      say(root, "[data-said]", word("logout-unsent", { n: unsent }));
    };
    await draw();
    part(root, "[data-out]").addEventListener("click", () => {
      // Looked at again at the tap: another window may have written something since.
      void counts().then(({ drafts, waiting, refused }) => (drafts + waiting + refused === 0 ? leave() : void draw()));
    });
    part(root, "[data-send]").addEventListener("click", () => {
      void flush().then(async ({ stopped }) => {
        if (stopped) noNetwork(stopped);
        await draw();
      });
    });
    part(root, "[data-export]").addEventListener("click", () => {
      void exportAll().then((carried) => {
        if (made) URL.revokeObjectURL(made.url);
        made = { carried, url: URL.createObjectURL(carried.file) };
        const file = part<HTMLAnchorElement>(root, "[data-file]");
        file.href = made.url;
        file.download = carried.name;
        part(root, "[data-exported]").hidden = false;
        say(root, "[data-exported-text]", word("export-done", { n: carried.count, name: carried.name }));
        say(root, "[data-code]", carried.code);
        file.click();
      });
    });
    const written = part<HTMLInputElement>(root, "[data-written]");
    const anyway = part<HTMLButtonElement>(root, "[data-out-anyway]");
    written.addEventListener("change", () => (anyway.disabled = !written.checked));
    anyway.addEventListener("click", () => {
      void counts().then(({ drafts, waiting, refused }) => {
        // Whatever came after the file was made is not in it.
        if (made && made.carried.count === drafts + waiting + refused) leave();
        else void draw();
      });
    });
  },
  close() {
    if (made) URL.revokeObjectURL(made.url);
    made = null;
  },
};

const taking: Screen = {
  name: "import",
  template: "s-import",
  open(root) {
    const form = part<HTMLFormElement>(root, "[data-form]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const file = part<HTMLInputElement>(root, "#import-file").files?.[0];
      const code = part<HTMLInputElement>(root, "#import-code").value;
      if (!file) {
        say(root, "[data-said]", word("import-bad"));
        return;
      }
      void importAll(file, code)
        .then(({ taken, known }) => {
          toast(word("import-done", { n: taken, known }), "success");
          go("waiting");
        })
        .catch((error: unknown) => {
          if (error instanceof CarryError) say(root, "[data-said]", word(error.why === "code" ? "import-wrong" : error.why === "other" ? "import-other" : "import-bad"));
          else if (error instanceof QuotaError) say(root, "[data-said]", word("room-full"));
          else throw error;
        });
    });
  },
};

export const mineScreens: Screen[] = [mine, out, taking];
