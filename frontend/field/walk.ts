// On foot: whether a tap proves that one was there, and in which order one walks.
import { metres, type Here } from "./place";

export interface Spot {
  lon: number;
  lat: number;
}

/** As the server judges (fieldwork/rounds.py): a tap within so many metres proves that somebody was there. */
export const NEAR_M = 80;
/** Of the inaccuracy that the phone reports, so many metres are believed. */
const ACCURACY_M = 50;

/** Whether a tap from here proves that somebody was there. */
export function isNear(here: Here, spot: Spot): boolean {
  return metres(here, spot) <= NEAR_M + Math.min(Math.max(here.accuracy, 0), ACCURACY_M);
}

/** In walking order: from the north-western one, always on to the nearest that is left. */
export function inOrder<T extends Spot>(spots: T[]): T[] {
  const left = [...spots].sort((a, b) => a.lon - a.lat - (b.lon - b.lat));
  const order: T[] = [];
  let at = left.shift();
  while (at) {
    order.push(at);
    const here: T = at;
    left.sort((a, b) => metres(here, a) - metres(here, b));
    at = left.shift();
  }
  return order;
}
