// The line to the server: one person, one token, a few tries; says why it gave up and never loses anything itself.
import { heardServer } from "./clock";
import { setLink } from "./counts";
import type { Problem } from "./rows";

export interface Hello {
  now: string;
  csrf: string;
  user: { id: string; name: string };
}

/** Why sending ended early. Everything that was not acknowledged is still queued. */
export type Reason = "offline" | "login" | "busy" | "other-user";

export class Stopped extends Error {
  constructor(
    readonly reason: Reason,
    /** Seconds that the server asked to wait; 0 when it did not say. */
    readonly wait = 0,
  ) {
    super(reason);
  }
}

const HELLO = "/api/v1/sync/hello";
const TRIES = 4;
const FIRST_PAUSE = 400; // ms, doubled each time
const TIME_OUT = 60_000; // ms per request: a chunk of 256 kB at 5 kB/s

/** Who is logged in, by the server; rejects with `Stopped`. */
export async function hello(): Promise<Hello> {
  const begun = Date.now();
  const answer = await tried(HELLO, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) throw new Stopped("login");
  if (!answer.ok || answer.redirected) throw new Stopped("busy");
  const said = (await answer.json().catch(() => null)) as { now: string; csrf: string; user: { id: unknown; name: string } } | null;
  if (!said?.user) throw new Stopped("busy"); // a hotel's log-in page answers everything with 200
  heardServer(said.now, begun);
  return { now: said.now, csrf: said.csrf, user: { id: String(said.user.id), name: said.user.name } };
}

/** Network errors and 5xx are tried again a few times; what comes back else is for the caller. */
async function tried(url: string, init: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    let answer: Response | null = null;
    try {
      answer = await fetch(url, { ...init, signal: AbortSignal.timeout(TIME_OUT) });
      setLink({ online: true });
    } catch {
      if (attempt >= TRIES || !navigator.onLine) {
        setLink({ online: false });
        throw new Stopped("offline");
      }
    }
    if (answer?.status === 429) throw new Stopped("busy", Number(answer.headers.get("Retry-After")) || 30);
    if (answer && answer.status < 500) return answer;
    if (answer && attempt >= TRIES) throw new Stopped("busy");
    await new Promise((next) => setTimeout(next, FIRST_PAUSE * 2 ** (attempt - 1)));
  }
}

/** Requests in the name of one person. When the log-in changes in between, the token does too, and nothing is sent. */
export class Line {
  private constructor(
    readonly userId: string,
    private csrf: string,
  ) {}

  /** Rejects with `Stopped` ("other-user" when somebody else is logged in). */
  static async open(userId: string): Promise<Line> {
    const { csrf } = await Line.greet(userId);
    return new Line(userId, csrf);
  }

  private static async greet(userId: string): Promise<Hello> {
    try {
      const found = await hello();
      setLink({ online: true, login: false, otherUser: found.user.id !== userId });
      if (found.user.id !== userId) throw new Stopped("other-user");
      return found;
    } catch (error) {
      if (error instanceof Stopped && error.reason === "login") setLink({ login: true });
      throw error;
    }
  }

  /** Any answer below 500 but 401, 403 and 429, which reject with `Stopped`. */
  async send(method: string, url: string, body?: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
    for (let anew = false; ; anew = true) {
      const answer = await tried(url, {
        method,
        ...(body !== undefined && { body }),
        headers: { Accept: "application/json", "X-CSRFToken": this.csrf, ...headers },
      });
      if (answer.status === 401 || (answer.status === 403 && anew)) {
        setLink({ login: true });
        throw new Stopped("login");
      }
      if (answer.status !== 403) return answer;
      this.csrf = (await Line.greet(this.userId)).csrf; // the token may be too old
    }
  }
}

/** The problem that an answer tells, in the site's words; a plain one where it tells none. */
export async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (name: string): string | undefined => (typeof said[name] === "string" ? said[name] : undefined);
  const found: Problem = { code: text("type") ?? text("code") ?? String(answer.status), title: text("title") ?? "" };
  for (const name of ["kept", "remedy"] as const) {
    const value = text(name);
    if (value) found[name] = value;
  }
  return found;
}
