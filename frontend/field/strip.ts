// The line under the heading and every number on the page: "已连接", "离线，3 条待发送，最早一条 2 小时前".
import type { Counts } from "./counts";
import { age, word } from "./words";

const MOST = 999;

/** What the strip says. */
export function stripText(found: Counts): string {
  const says = [word(found.sending ? "sending" : found.online ? "online" : "offline")];
  if (found.waiting > 0) {
    says.push(word("strip-waiting", { n: found.waiting }));
    says.push(word("strip-oldest", { age: age(found.oldestAgeS) }));
  }
  if (found.refused > 0) says.push(word("strip-refused", { n: found.refused }));
  if (found.otherUser) says.push(word("other-user"));
  else if (found.login) says.push(word("login-again-none"));
  return says.join(" · ");
}

/** Writes the counts wherever the page shows them; a badge of the tabs is hidden at none. */
export function showCounts(found: Counts): void {
  const strip = document.getElementById("strip");
  strip?.classList.toggle("is-offline", !found.online || found.login);
  const text = document.getElementById("strip-text");
  const says = stripText(found);
  if (text && text.textContent !== says) text.textContent = says; // a live region: told only when it changes
  const login = document.getElementById("strip-login");
  if (login) login.hidden = !found.login;
  for (const one of document.querySelectorAll<HTMLElement>("[data-count]")) {
    const n = found[one.dataset["count"] as "drafts" | "waiting" | "sent" | "mine"];
    one.textContent = n > MOST ? `${MOST}+` : String(n);
    if (one.classList.contains("wg-count")) one.hidden = n === 0;
  }
}
