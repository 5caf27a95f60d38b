// Tasks: what a stand-up decided and what was given to the grids. Done with one tap, with a word if one likes.
import { copyOf, part, say } from "../dom";
import { dueAt, showDue } from "../due";
import type { Grid, Task } from "../held";
import { go, type Screen } from "../screens";
import { toast } from "../toast";
import { act, following, refusal, standing, underway } from "../underway";
import { item, items } from "../working_set";
import { word } from "../words";
import { draftOf, Writing } from "../writing";

export interface OpenTask {
  task: Task;
  grid: string;
  refused: string;
}

/** What is still to be done, next due first; one's own before what is anybody's. */
export async function openTasks(): Promise<OpenTask[]> {
  const [tasks, grids, doing] = await Promise.all([items<Task>("tasks"), items<Grid>("areas"), underway()]);
  const done = new Set(standing(doing, "task.done").map((one) => one.data["task"]));
  const open = tasks.filter(({ id }) => !done.has(id));
  open.sort((a, b) => Number(b.mine) - Number(a.mine) || (a.due_at < b.due_at ? -1 : 1));
  return open.map((task) => ({
    task,
    grid: grids.find(({ id }) => id === task.grid)?.name ?? "",
    refused: refusal(doing.filter((one) => one.kind === "task.done" && one.data["task"] === task.id).at(-1)),
  }));
}

function noteOf({ task, grid }: OpenTask): string {
  return [task.mine ? word("task-mine") : "", task.matter_name, grid].filter(Boolean).join(" · ");
}

export function taskRow(open: OpenTask): HTMLElement {
  const made = copyOf("p-task");
  part<HTMLAnchorElement>(made, "[data-open]").href = `#/task/${open.task.id}`;
  say(made, "[data-title]", open.task.title);
  say(made, "[data-note]", noteOf(open));
  say(made, "[data-refused]", open.refused);
  showDue(part(made, "[data-due]"), dueAt(open.task.due_at));
  return made;
}

let end: (() => void | Promise<void>) | null = null;
async function close(): Promise<void> {
  await end?.();
  end = null;
}

const list: Screen = {
  name: "tasks",
  template: "s-tasks",
  async open(root) {
    const draw = async (): Promise<void> => {
      const found = await openTasks();
      part(root, "[data-list]").replaceChildren(...found.map(taskRow));
      part(root, "[data-empty]").hidden = found.length > 0;
    };
    await draw();
    end = following(["tasks", "areas"], draw);
  },
  close,
};

const one: Screen = {
  name: "task",
  template: "s-task",
  async open(root, [id = ""]) {
    const task = await item<Task>("tasks", id);
    const open = (await openTasks()).find((one) => one.task.id === id);
    if (!task || !open) {
      go("tasks", { replace: true });
      toast(word("task-none"));
      return;
    }
    say(root, "[data-name]", task.title);
    say(root, "[data-facts]", noteOf(open));
    say(root, "[data-refused]", open.refused);
    showDue(part(root, "[data-due]"), dueAt(task.due_at));
    const more = part<HTMLAnchorElement>(root, "[data-more]");
    more.hidden = !task.more;
    more.href = `/field/tasks/${id}/`;
    part(root, "[data-form]").addEventListener("submit", (event) => event.preventDefault());
    const field = part<HTMLTextAreaElement>(root, "#task-note");
    const [screen, title] = [`task/${id}`, word("task-title", { title: task.title })];
    const writing = new Writing(() => (field.value.trim() ? { screen, title, data: { note: field.value }, photos: [] } : null));
    end = () => writing.close();
    const kept = await draftOf(screen);
    if (kept) {
      writing.resume(kept);
      field.value = (kept.data as { note: string }).note;
    }
    field.addEventListener("input", () => writing.touch());
    part(root, "[data-done]").addEventListener("click", () => {
      const command = { id: writing.id, kind: "task.done", data: { task: id, note: field.value.trim() }, title } as const;
      void writing.become(() => act(command)).then((done) => {
        if (!done) return;
        toast(word("task-done"), "success");
        go("tasks", { replace: true });
      });
    });
  },
  close,
};

export const tasks: Screen[] = [list, one];
