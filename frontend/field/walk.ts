// On foot: how far, in which order, and where one stands in the moment of a tap. No position is kept or watched.

export interface Spot {
  lon: number;
  lat: number;
}

export interface Here extends Spot {
  /** Metres, as the phone estimates. */
  accuracy: number;
}

/** As the server judges (fieldwork/rounds.py): a tap within so many metres proves that somebody was there. */
export const NEAR_M = 80;
/** Of the inaccuracy that the phone reports, so many metres are believed. */
const ACCURACY_M = 50;
const EARTH_M = 6_371_008.8;
const WAIT_MS = 15_000;

/** Metres between two positions in degrees (WGS-84). */
export function metres(a: Spot, b: Spot): number {
  const rad = Math.PI / 180;
  const [dLat, dLon] = [(b.lat - a.lat) * rad, (b.lon - a.lon) * rad];
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

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

/** Why there is no position: the person does not allow it, or the phone finds none. */
export class NoPosition extends Error {
  constructor(readonly denied: boolean) {
    super(denied ? "denied" : "not found");
  }
}

/** The position of this moment, asked once. Rejects with `NoPosition`. */
export function here(): Promise<Here> {
  return new Promise((done, fail) => {
    if (!navigator.geolocation) {
      fail(new NoPosition(false));
      return;
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done({ lon: coords.longitude, lat: coords.latitude, accuracy: Math.round(coords.accuracy) }),
      (error) => fail(new NoPosition(error.code === 1)),
      { enableHighAccuracy: true, timeout: WAIT_MS, maximumAge: 0 },
    );
  });
}
