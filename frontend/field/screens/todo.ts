// 待办: every duty of this person, next due first; what was done here and is not sent yet stays, and says so.
import { copyOf, part, say, setIcon } from "../dom";
import { dueAt, showDue } from "../due";
import type { Case, Duty } from "../held";
import type { Screen } from "../screens";
import { following, refusal, underway, type Underway } from "../underway";
import { items } from "../working_set";
import { word, wordOr } from "../words";
import { freshText } from "./home";

// Where a duty leads: those of the phone's own screens; everything else to the page of the server.
const SCREEN: Record<string, string> = { field_task: "#/tasks", refused: "#/waiting" };
const ICONS: Record<string, string> = {
  sign_for: "clipboard-check",
  handle: "hammer",
  verify: "eye-check",
  pass_second_check: "eye-search",
  supplement: "message",
  assist_done: "users-group",
};
// Which command settles a duty with these verbs.
const SETTLES: Record<string, string[]> = {
  sign_for: ["case.sign_for", "case.send_back"],
  handle: ["case.handle"],
  verify: ["case.verify"],
  pass_second_check: ["case.second_check"],
  assist_done: ["case.assist_done"],
};

export interface Todo {
  duty: Duty;
  case: Case | undefined;
  /** The last command about it that this phone gave. */
  told: Underway | undefined;
}

/** Everything that waits for this person, next due first; what is on its way to the server comes last. */
export async function todos(): Promise<Todo[]> {
  const [duties, cases, doing] = await Promise.all([items<Duty>("todo"), items<Case>("cases"), underway()]);
  const found = duties.map((duty) => {
    const kinds = duty.verbs.flatMap((verb) => SETTLES[verb] ?? []);
    const told = doing.filter((one) => one.data["case"] === duty.case && kinds.includes(one.kind)).at(-1);
    return { duty, case: cases.find(({ id }) => id === duty.case), told };
  });
  const sent = (one: Todo): number => Number(one.told !== undefined && one.told.state !== "refused");
  const by = (one: Todo): string => one.duty.due_at ?? "9";
  return found.sort((a, b) => sent(a) - sent(b) || (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : a.duty.id - b.duty.id));
}

function hrefOf({ duty }: Todo): string {
  if (duty.verbs.includes("supplement")) return `/field/cases/${duty.case ?? ""}/`; // the question itself is at the server
  if (duty.case) return `#/case/${duty.case}`;
  return SCREEN[duty.subject] ?? "/field/todo/";
}

function row(todo: Todo): HTMLElement {
  const { duty, told } = todo;
  const made = copyOf("p-duty");
  const icon = duty.verbs.map((verb) => ICONS[verb]).find(Boolean) ?? "info-circle";
  setIcon(made, icon);
  part<HTMLAnchorElement>(made, "[data-open]").href = hrefOf(todo);
  say(made, "[data-title]", wordOr(`duty-${duty.kind}`, "duty-other"));
  say(made, "[data-text]", todo.case?.text ?? "");
  say(made, "[data-note]", [todo.case?.matter_name, todo.case?.address, duty.label].filter(Boolean).join(" · "));
  part(made, "[data-urgent]").hidden = !todo.case?.urgent;
  showDue(part(made, "[data-due]"), dueAt(duty.due_at));
  const state = told?.state === "waiting" ? word("done-unsent") : told?.state === "sent" ? word("done-sent") : "";
  say(made, "[data-unsent]", state);
  say(made, "[data-refused]", refusal(told));
  return made;
}

let end: (() => void) | null = null;

export const todo: Screen = {
  name: "todo",
  template: "s-todo",
  async open(root) {
    const draw = async (): Promise<void> => {
      const found = await todos();
      part(root, "[data-list]").replaceChildren(...found.map(row));
      part(root, "[data-empty]").hidden = found.length > 0;
      say(root, "[data-fresh]", await freshText());
    };
    await draw();
    end = following(["todo", "cases"], draw);
  },
  close() {
    end?.();
    end = null;
  },
};
