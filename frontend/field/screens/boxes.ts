// 草稿, 待发送, 已发送: what lies where, and what can be done with it.
import { watch } from "../counts";
import { copyOf, part, say } from "../dom";
import { discardRefused, dropDraft, drafts, retry, sent, waiting, type Queued } from "../outbox";
import type { Screen } from "../screens";
import { flush } from "../sync";
import { toast } from "../toast";
import { age, when, word } from "../words";

type Rows = () => Promise<HTMLElement[]>;

/** A screen that shows a list and draws it anew at every change. */
function box(name: string, rows: Rows, begin?: (root: HTMLElement) => void): Screen {
  let end: (() => void) | null = null;
  return {
    name,
    template: `s-${name}`,
    async open(root) {
      const draw = async (): Promise<void> => {
        const found = await rows();
        part(root, "[data-list]").replaceChildren(...found);
        part(root, "[data-empty]").hidden = found.length > 0;
        const send = root.querySelector<HTMLElement>("[data-send]");
        if (send) send.hidden = found.length === 0;
      };
      begin?.(root);
      await draw();
      end = watch(() => void draw());
    },
    close() {
      end?.();
      end = null;
    },
  };
}

function row(pattern: string, title: string, note: string): HTMLElement {
  const made = copyOf(pattern);
  say(made, "[data-title]", title || word("untitled"));
  say(made, "[data-note]", note);
  return made;
}

const ofDrafts: Rows = async () =>
  (await drafts()).map((draft) => {
    const made = row("p-draft", draft.title, draft.at ? when(draft.at) : "");
    part<HTMLAnchorElement>(made, "[data-open]").href = `#/${draft.screen}?draft=${draft.id}`;
    const drop = part<HTMLButtonElement>(made, "[data-drop]");
    drop.setAttribute("aria-label", word("delete-draft", { title: draft.title || word("untitled") }));
    drop.addEventListener("click", () => void dropDraft(draft.id).then(() => toast(word("deleted"))));
    return made;
  });

function noteOf(one: Queued): string {
  const says = [word(`state-${one.state}`), word("waits-for", { age: age(one.ageS) })];
  if (one.missing > 0) says.push(word("photos-missing", { n: one.missing }));
  return says.join(" · ");
}

const ofWaiting: Rows = async () =>
  (await waiting()).map((one) => {
    const made = row("p-waiting", one.title, noteOf(one));
    const problem = one.problem ?? one.photoProblem;
    say(made, "[data-problem]", problem ? [problem.title, problem.kept, problem.remedy].filter(Boolean).join(" ") : "");
    const [again, drop] = [part<HTMLButtonElement>(made, "[data-again]"), part<HTMLButtonElement>(made, "[data-drop]")];
    again.hidden = !problem && one.tries === 0;
    drop.hidden = one.state !== "refused";
    again.addEventListener("click", () => void retry(one.id).then(() => toast(word("again"))));
    drop.addEventListener("click", () => void discardRefused(one.id).then(() => toast(word("deleted"))));
    return made;
  });

const ofSent: Rows = async () => (await sent()).map((one) => row("p-sent", one.title, [String(one.answer["number"] ?? ""), when(one.at)].filter(Boolean).join(" · ")));

/** The button that sends now, and says so when there is no network. */
export function sendButton(root: HTMLElement): void {
  part(root, "[data-send]").addEventListener("click", () => {
    void flush().then(({ stopped }) => {
      if (stopped) toast(word(stopped.reason === "login" ? "login-again-none" : "no-network"), "error");
    });
  });
}

export const boxes: Screen[] = [box("drafts", ofDrafts), box("waiting", ofWaiting, sendButton), box("sent", ofSent)];
