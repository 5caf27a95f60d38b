// A returned item: what happened, what was kept, what to do; corrected and sent anew, handed to the station, or put away.
import { ageSeconds } from "../clock";
import { part, say } from "../dom";
import { content, discardRefused, fileOf, retry, waiting, type Queued } from "../outbox";
import { isHanded, settleRefusal } from "../refusals";
import { go, type Screen } from "../screens";
import { atServer } from "../shots";
import { toast } from "../toast";
import { word, when } from "../words";
import { kindWord } from "./boxes";

// The screen that writes them can open them again.
const CORRECTED = new Set(["report.make", "report.join", "case.handle", "case.verify", "case.second_check", "case.send_back", "case.contact", "case.assist_done"]);

let urls: string[] = [];

/** Photos of this phone, and those that the server has already. */
async function pictures(root: HTMLElement, one: Queued): Promise<void> {
  for (const [n, sha] of one.photos.entries()) {
    const file = await fileOf(sha);
    if (file && !file.mime.startsWith("image/")) continue;
    const row = document.createElement("li");
    row.className = "wg-shot";
    const image = document.createElement("img");
    image.alt = word("photo-alt", { n: n + 1 });
    if (file) urls.push((image.src = URL.createObjectURL(new Blob([file.bytes], { type: file.mime }))));
    else image.src = atServer(sha);
    image.addEventListener("error", () => row.remove(), { once: true }); // a voice note, or no network
    row.append(image);
    part(root, "[data-photos]").append(row);
  }
}

export const refused: Screen = {
  name: "refused",
  template: "s-refused",
  async open(root, [id = ""]) {
    const one = (await waiting()).find((row) => row.id === id && row.state === "refused");
    part(root, one ? "[data-there]" : "[data-gone]").hidden = false;
    if (!one) return;
    const { problem } = one;
    say(root, "[data-kind]", kindWord(one.kind));
    say(root, "[data-title]", one.title || word("untitled"));
    // By the server's clock, if the phone's was wrong.
    say(root, "[data-when]", when(new Date(Date.now() - ageSeconds(one.occurredAt, null) * 1000).toISOString()));
    say(root, "[data-happened]", problem?.title || word("refused-untold"));
    say(root, "[data-kept]", problem?.kept || word("refused-kept"));
    say(root, "[data-remedy]", problem?.remedy || word("refused-remedy"));
    await pictures(root, one);
    part(root, "[data-anew]").hidden = !CORRECTED.has(one.kind);
    const handed = await isHanded(problem?.refused ?? undefined);
    const keeps = typeof problem?.refused === "number";
    for (const name of ["[data-hand]", "[data-hand-hint]"]) part(root, name).hidden = handed || !keeps;
    part(root, "[data-handed]").hidden = !handed;
    part(root, "[data-anew]").addEventListener("click", () => {
      if (one.kind.startsWith("report.")) go(`report?again=${id}`);
      else void content(id).then((said) => go(`case/${String((said?.data as { case?: string } | undefined)?.case ?? "")}`));
    });
    const deed = (name: string, act: () => Promise<unknown>, said: string): void => {
      part(root, name).addEventListener("click", () => {
        void act().then(() => {
          toast(word(said), "success");
          go("waiting");
        });
      });
    };
    deed("[data-again]", () => settleRefusal(id, "refused.sent_anew").then(() => retry(id)), "again");
    deed("[data-hand]", () => settleRefusal(id, "refused.hand_over"), "refused-handed");
    deed("[data-drop]", () => settleRefusal(id, "refused.drop").then(() => discardRefused(id)), "refused-dropped");
    part(root, "[data-again]").hidden = (await content(id)) === undefined;
  },
  close() {
    for (const url of urls) URL.revokeObjectURL(url);
    urls = [];
  },
};
