// Calling the reporter: masked numbers, fetched at the tap; one is opened to be dialled. Online only, nothing is kept.
import { hello, Stopped } from "./line";

export interface Voice {
  id: string;
  /** "吴** 1**********" */
  contact: string;
  source: string;
  asks: boolean;
}

export type Refusal = "offline" | "login" | "refused";

/** Who may be called about a case, masked; or why that is not told. */
export async function voicesOf(number: string): Promise<Voice[] | Refusal> {
  const cases = await asked<{ id: string; number: string }>(`/api/v1/cases?q=${encodeURIComponent(number)}`);
  if (typeof cases === "string") return cases;
  const found = cases.find((one) => one.number === number);
  if (!found) return "refused";
  const voices = await asked<Voice>(`/api/v1/cases/${found.id}/reports`);
  return typeof voices === "string" ? voices : voices.filter(({ contact }) => contact !== "");
}

async function asked<T>(url: string): Promise<T[] | Refusal> {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.status === 401) return "login";
    return answer.ok ? ((await answer.json()) as { items: T[] }).items : "refused";
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
