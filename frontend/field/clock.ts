// Two clocks: the phone's, which may be wrong by a month, and the server's as it was last heard.

const KNOWN_FROM_SHARE = 0.5; // of the round trip: the answer was written about half-way

let ahead: number | null = null;

/** The phone's time as it tells it; goes into `occurred_at` and nowhere else. */
export function deviceNow(): string {
  return new Date().toISOString();
}

/** Notes what the server's clock said in an answer to a request sent at `sent` (device ms). */
export function heardServer(now: string, sent: number): number | null {
  const said = Date.parse(now);
  if (Number.isFinite(said)) ahead = Math.round(said - (sent + (Date.now() - sent) * KNOWN_FROM_SHARE));
  return ahead;
}

/** Server clock less device clock, in ms; null while no server was ever heard. */
export function offset(): number | null {
  return ahead;
}

/** Takes up what an earlier visit had measured. */
export function rememberOffset(value: number | null): void {
  ahead = value;
}

/** The best guess at the server's time, ms. */
export function serverNow(): number {
  return Date.now() + (ahead ?? 0);
}

/**
 * Seconds since something happened, never negative: `at` by the device's clock of then, `then` the offset of then.
 * A clock that was set right in between does not make an hour into a month.
 */
export function ageSeconds(at: string, then: number | null): number {
  const happened = Date.parse(at) + (then ?? ahead ?? 0);
  return Number.isFinite(happened) ? Math.max(0, Math.round((serverNow() - happened) / 1000)) : 0;
}
