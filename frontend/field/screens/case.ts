// One case on the phone: its facts as far as they are held, the steps that wait for this person, and a call to the reporter.
import { copyOf, part, say } from "../dom";
import { dueAt, showDue } from "../due";
import type { Case, Duty, Matter } from "../held";
import { drafts } from "../outbox";
import { numberOf, voicesOf, type Refusal } from "../reporter";
import { setTitle, type Screen } from "../screens";
import { StepForm, type Kept, type Said } from "../step_form";
import { following, refusal, underway } from "../underway";
import { item, items } from "../working_set";
import { when, word } from "../words";
import { me } from "./home";

// Verb of a duty → the form that does it, in the order in which they stand.
const FORMS: Record<string, string[]> = {
  sign_for: ["sign_for"],
  handle: ["handle"],
  contact: ["contact"],
  verify: ["verify"],
  pass_second_check: ["second_check"],
  assist_done: ["assist_done"],
  send_back: ["send_back"],
};
const DONE = new Set(["solved", "partly"]); // with these the matter's demands hold
const OPEN = new Set(["handle", "verify", "second_check", "assist_done"]); // unfolded when it is what one came for
const CALLS = new Set(["sign_for", "handle"]);
const STATES: Record<string, string> = {
  "case.sign_for": "case-signed",
  "case.handle": "case-handled",
  "case.verify": "case-verified",
  "case.second_check": "case-checked",
  "case.send_back": "case-returned",
  "case.assist_done": "case-assisted",
  "case.contact": "case-contacted",
};

type Fields = Record<string, string>;
type Shas = Record<string, string[]>;

function amount(text: string | undefined): number | null {
  const found = Number((text ?? "").replace(",", "."));
  return text && Number.isFinite(found) && found > 0 ? Math.round(found * 100) / 100 : null;
}

/** The command of a form, or the word for what is lacking. */
export function said(step: string, number: string, matter: Matter | undefined, fields: Fields, photos: Shas, answer: string): Said | string {
  const note = fields["note"] ?? "";
  const taken = photos["photos"] ?? [];
  if (step === "sign_for") return { kind: "case.sign_for", data: { case: number } };
  if (step === "contact") return { kind: "case.contact", data: { case: number, note } };
  if (step === "assist_done") return { kind: "case.assist_done", data: { case: number, note, photos: taken } };
  if (step === "send_back") return { kind: "case.send_back", data: { case: number, reason: fields["reason"] ?? "", basis: fields["basis"] ?? "" } };
  if (step === "verify" || step === "second_check") {
    const passed = answer !== "no";
    if (!passed && !note) return word("step-missing");
    if (step === "second_check" && taken.length === 0) return word("step-photo");
    return { kind: `case.${step}`, data: { case: number, passed, note, photos: taken } };
  }
  const { result = "solved", text = "", reply = "" } = fields;
  const [before, after] = [photos["before"] ?? [], photos["after"] ?? []];
  if (matter && DONE.has(result)) {
    if (matter.after_photo && after.length === 0) return word("step-after");
    if (matter.legal_basis && !fields["legal_basis"]) return word("step-legal");
    if (matter.area && !amount(fields["area"])) return word("step-area");
  }
  const done = amount(fields["amount"]);
  if (fields["amount"] && !done) return word("step-number");
  const area = amount(fields["area"]);
  return {
    kind: "case.handle",
    data: {
      case: number, result, text, reply, before, after,
      quantities: done ? [{ amount: done, unit: fields["unit"] ?? "" }] : [],
      legal_basis: fields["legal_basis"] ?? "",
      area_m2: area,
    },
  };
}

/** What a form asks for by the matter of the case. */
function fit(form: HTMLElement, matter: Matter | undefined): void {
  if (form.dataset["step"] !== "handle") return;
  const units = matter?.units ?? [];
  part(form, "[data-amount]").hidden = units.length === 0;
  part(form, "[name=unit]").replaceChildren(...units.map((unit) => new Option(unit, unit)));
  part(form, "[data-area]").hidden = !matter?.area;
  part(form, "[data-legal]").hidden = !matter?.legal_basis;
}

function told(refused: Refusal): string {
  return word(refused === "offline" ? "no-network" : refused === "login" ? "login-again-none" : "call-refused");
}

/** The button that fetches who may be called, and those that dial. */
function calling(root: HTMLElement, number: string): void {
  const fetching = part<HTMLButtonElement>(root, "[data-contacts]");
  const tell = (text: string): void => say(root, "[data-call-said]", text);
  fetching.addEventListener("click", () => {
    fetching.disabled = true;
    void voicesOf(number).then((found) => {
      fetching.disabled = false;
      if (typeof found === "string") {
        tell(told(found));
        return;
      }
      tell(found.length > 0 ? word("call-recorded") : word("call-none"));
      part(root, "[data-voices]").replaceChildren(
        ...found.map((voice) => {
          const made = copyOf("p-voice");
          say(made, "[data-name]", voice.contact);
          say(made, "[data-note]", voice.asks ? word("call-asks") : "");
          const dial = part<HTMLButtonElement>(made, "[data-dial]");
          dial.addEventListener("click", () => {
            dial.disabled = true;
            void numberOf(number, voice.id).then((answer) => {
              dial.disabled = false;
              if (typeof answer === "string") tell(told(answer));
              else if (!answer.phone) tell(word("call-none"));
              else {
                say(made, "[data-name]", answer.phone);
                location.assign(`tel:${answer.phone}`);
              }
            });
          });
          return made;
        }),
      );
    });
  });
}

let ends: (() => void | Promise<void>)[] = [];

export const caseScreen: Screen = {
  name: "case",
  template: "s-case",
  async open(root, [number = ""], query) {
    setTitle(number);
    part<HTMLAnchorElement>(root, "[data-online]").href = `/field/cases/${encodeURIComponent(number)}/`;
    calling(root, number);
    const forms: StepForm[] = [];
    ends = [() => Promise.all(forms.map((form) => form.close())).then(() => undefined)];
    let built = "";
    const draw = async (): Promise<void> => {
      const [found, duties, doing, who] = await Promise.all([item<Case>("cases", number), items<Duty>("todo"), underway(), me()]);
      const mine = doing.filter((one) => one.data["case"] === number);
      const last = mine.at(-1);
      const matter = found?.matter ? await item<Matter>("matters", found.matter) : undefined;
      part(root, "[data-facts]").hidden = !found;
      if (found) {
        say(root, "[data-state]", found.state_name);
        say(root, "[data-text]", found.text);
        say(root, "[data-matter]", found.matter_name || word("case-no-matter"));
        say(root, "[data-place]", found.address || "—");
        say(root, "[data-reported]", when(found.reported_at));
        showDue(part(root, "[data-due]"), dueAt(found.due_at));
        part(root, "[data-urgent]").hidden = !found.urgent;
      }
      const standing = last && last.state !== "refused" ? last : undefined;
      part(root, "[data-told]").hidden = !standing && Boolean(found);
      say(root, "[data-told-text]", standing ? [word(STATES[standing.kind] ?? "done-sent"), standing.state === "waiting" ? word("unsent-long") : ""].filter(Boolean).join(" ") : found ? "" : word("case-none"));
      say(root, "[data-refused]", refusal(last));
      const given = mine.filter((one) => one.state !== "refused" && one.kind !== "case.contact").map(({ kind }) => kind);
      // What was signed for on this phone can be handled before the server knows of it: commands keep their order.
      const held = duties.filter((duty) => duty.case === number).flatMap(({ verbs }) => verbs);
      const verbs = given.every((kind) => kind === "case.sign_for") ? (given.length > 0 ? ["handle", "contact"] : held) : [];
      const steps = Object.keys(FORMS).filter((verb) => verbs.includes(verb)).flatMap((verb) => FORMS[verb]!);
      part(root, "[data-calls]").hidden = !verbs.some((verb) => CALLS.has(verb));
      const now = [...steps, last?.state === "refused" ? last.id : ""].join(); // what came back is written out again
      if (now === built) return;
      built = now;
      await Promise.all(forms.splice(0).map((form) => form.close()));
      const kept = (await drafts()).filter(({ screen }) => screen === `case/${number}`);
      const made = steps.map((step) => copyOf(`p-step-${step}`));
      part(root, "[data-steps]").replaceChildren(...made);
      for (const one of made) {
        const form = one instanceof HTMLFormElement ? one : part<HTMLFormElement>(one, "form");
        const step = form.dataset["step"]!;
        fit(form, matter);
        const stepForm = new StepForm(form, {
          screen: `case/${number}`,
          title: `${word(`step-${step}`)} ${number}`,
          lines: async () => [[found?.address, number].filter(Boolean).join(" "), who?.name ?? ""],
          say: (fields, photos, answer) => said(step, number, matter, fields, photos, answer),
          done: () => void draw(),
        });
        forms.push(stepForm);
        const draft = kept.find(({ id, data }) => (data as Kept).step === step && (!query.get("draft") || id === query.get("draft") || kept.length === 1));
        const refused = last?.state === "refused" && last.kind === `case.${step}` ? last : undefined;
        if (draft) await stepForm.restore(draft);
        else if (refused) await stepForm.refill(refused.id, refused.data);
        if (one instanceof HTMLDetailsElement) one.open = Boolean(draft ?? refused) || (one === made[0] && OPEN.has(step));
      }
    };
    await draw();
    ends.push(following(["cases", "todo", "matters"], draw));
  },
  async close() {
    for (const end of ends) await end();
    ends = [];
  },
};
