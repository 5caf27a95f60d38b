// Calling the reporter: masked numbers, fetched at the tap; one is opened to be dialled. Online only, nothing is kept.
import { hello, Stopped } from "./line";

export interface Voice {
  id: string;
  /** "吴** 100****5678" */
  contact: string;
  source: string;
  asks: boolean;
}

export type Refusal = "offline" | "login" | "refused";

/** Who may be called about a case, masked; or why that is not told. */
export async function voicesOf(number: string): Promise<Voice[] | Refusal> {
  try {
    const answer = await fetch(`/api/v1/cases/${encodeURIComponent(number)}/reports`, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.status === 401) return "login";
    if (!answer.ok) return "refused";
    const { items } = (await answer.json()) as { items: Voice[] };
    return items.filter(({ contact }) => contact !== "");
  } catch {
    return "offline";
  }
}

/** The number of one voice, to be dialled at once; written into the record at the server before it is told. */
export async function numberOf(number: string, voice: string): Promise<{ phone: string } | Refusal> {
  try {
    const { csrf } = await hello();
    const answer = await fetch(`/desk/cases/${encodeURIComponent(number)}/voices/${voice}/contact/`, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": csrf },
      body: new URLSearchParams({ purpose: "handle" }),
    });
    return answer.ok ? ((await answer.json()) as { phone: string }) : "refused";
  } catch (error) {
    return error instanceof Stopped && error.reason === "login" ? "login" : "offline";
  }
}
