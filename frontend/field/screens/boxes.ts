// 草稿, 待发送, 已发送: what lies where, and what can be done with it.
import { ageSeconds } from "../clock";
import { watch } from "../counts";
import { copyOf, part, say } from "../dom";
import { content, dropDraft, drafts, retry, sent, waiting, type Queued } from "../outbox";
import type { KeptRefusal } from "../refusals";
import type { Screen } from "../screens";
import { flush } from "../sync";
import { toast } from "../toast";
import { items } from "../working_set";
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

/** What a kind of command is called. */
export function kindWord(kind: string): string {
  return word(kind.startsWith("refused.") ? "kind-other" : `kind-${kind}`);
}

const REPORTS = new Set(["report.make", "report.join"]);

function row(pattern: string, title: string, note: string): HTMLElement {
  const made = copyOf(pattern);
  say(made, "[data-title]", title || word("untitled"));
  say(made, "[data-note]", note);
  return made;
}

/** "2 小时前开始写". */
function begun(seconds: number): string {
  return seconds < 60 ? word("draft-age-now") : word("draft-age", { age: age(seconds) });
}

const ofDrafts: Rows = async () =>
  (await drafts()).map((draft) => {
    const says = [draft.at ? begun(ageSeconds(draft.at, null)) : ""];
    if (draft.photos.length > 0) says.push(word("photos-of", { n: draft.photos.length }));
    const made = row("p-draft", draft.title, says.filter(Boolean).join(" · "));
    part<HTMLAnchorElement>(made, "[data-open]").href = `#/${draft.screen}?draft=${draft.id}`;
    const drop = part<HTMLButtonElement>(made, "[data-drop]");
    drop.setAttribute("aria-label", word("delete-draft", { title: draft.title || word("untitled") }));
    drop.addEventListener("click", () => void dropDraft(draft.id).then(() => toast(word("deleted"))));
    return made;
  });

function noteOf(one: Queued): string {
  const says = [kindWord(one.kind), word(`state-${one.state}`), word("waits-for", { age: age(one.ageS) })];
  if (one.missing > 0) says.push(word("photos-missing", { n: one.missing }));
  return says.join(" · ");
}

/** Returned items first: they wait for a person, the others for a signal. */
const ofWaiting: Rows = async () => {
  const all = await waiting();
  const [back, due] = [all.filter((one) => one.state === "refused"), all.filter((one) => one.state !== "refused")];
  const here = new Set(all.map((one) => one.id));
  const settling = await settlingNow(all);
  const there = (await items<KeptRefusal>("refused")).filter((one) => !here.has(one.command) && !settling.has(one.id));
  return [...back.map(returned), ...due.map(unsent), ...there.map(elsewhere)];
};

/** Refusals about which something is on its way to the office: they are settled as far as this phone goes. */
async function settlingNow(all: Queued[]): Promise<Set<number>> {
  const own = all.filter((one) => one.kind.startsWith("refused.") && one.state !== "refused");
  const said = await Promise.all(own.map(async (one) => ((await content(one.id))?.data as { refused?: number } | undefined)?.refused ?? 0));
  return new Set(said);
}

/** Returned to another phone, or put away here without a word to the office: its page is the server's. */
function elsewhere(one: KeptRefusal): HTMLElement {
  const made = row("p-refused", kindWord(one.kind), [word("state-refused"), when(one.recorded_at)].join(" · "));
  say(made, "[data-problem]", one.problem.title);
  part<HTMLAnchorElement>(made, "[data-open]").href = `/field/refused/${one.id}/`;
  return made;
}

function returned(one: Queued): HTMLElement {
  const made = row("p-refused", one.title, noteOf(one));
  say(made, "[data-problem]", one.problem?.title || word("refused-untold"));
  part<HTMLAnchorElement>(made, "[data-open]").href = `#/refused/${one.id}`;
  return made;
}

function unsent(one: Queued): HTMLElement {
  const made = row("p-waiting", one.title, noteOf(one));
  const { photoProblem: problem } = one;
  say(made, "[data-problem]", problem ? [problem.title, problem.kept, problem.remedy].filter(Boolean).join(" ") : "");
  const again = part<HTMLButtonElement>(made, "[data-again]");
  again.hidden = !problem && one.tries === 0;
  again.setAttribute("aria-label", word("send-again", { title: one.title || word("untitled") }));
  again.addEventListener("click", () => void retry(one.id).then(() => toast(word("again"))));
  return made;
}

const ofSent: Rows = async () =>
  (await sent()).map((one) => {
    const number = String(one.answer["number"] ?? "");
    const made = row("p-sent", one.title, [kindWord(one.kind), number, when(one.at)].filter(Boolean).join(" · "));
    const link = part<HTMLAnchorElement>(made, "[data-open]");
    if (REPORTS.has(one.kind)) {
      // With a resident behind it, the slip with its code comes first.
      link.href = `/field/reports/${one.id}/${one.answer["follow_code"] ? "sent/" : ""}`;
    }
    return made;
  });

/** The button that sends now, and says so when there is no network. */
export function sendButton(root: HTMLElement): void {
  part(root, "[data-send]").addEventListener("click", () => {
    void flush().then(({ stopped }) => {
      if (stopped) toast(word(stopped.reason === "login" ? "login-again-none" : "no-network"), "error");
    });
  });
}

export const boxes: Screen[] = [box("drafts", ofDrafts), box("waiting", ofWaiting, sendButton), box("sent", ofSent)];
