// Which matter it may be, without a network: the words of the catalogue in what was written, then what is usual here.

export interface Matter {
  id: string; // code
  name: string;
  class: string;
  keywords: string[];
  on_the_spot: boolean;
  urgent: boolean;
  confidential: boolean;
  before_photo: boolean;
  after_photo: boolean;
  legal_basis: boolean;
  area: boolean;
  units: string[];
}

export interface Guess {
  matter: Matter;
  /** What in the text speaks for it; none when it is only usual here. */
  words: string[];
}

const MOST = 3;

/** As the catalogue's `KnownWords` at the server: squares of lengths, shared among the matters that carry a word. */
function spokenIn(text: string, matters: Matter[]): Map<string, { score: number; words: string[] }> {
  const lowered = text.toLowerCase();
  const carried = new Map<string, string[]>();
  const carriers = new Map<string, number>();
  for (const { id, name, keywords } of matters) {
    const hits = [...new Set([name, ...keywords])].filter((word) => word && lowered.includes(word.toLowerCase()));
    if (hits.length === 0) continue;
    carried.set(id, hits);
    for (const word of hits) carriers.set(word, (carriers.get(word) ?? 0) + 1);
  }
  const found = new Map<string, { score: number; words: string[] }>();
  for (const [id, hits] of carried) {
    const longest = hits.filter((word) => !hits.some((other) => other !== word && other.includes(word)));
    longest.sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    found.set(id, { score: longest.reduce((sum, word) => sum + word.length ** 2 / carriers.get(word)!, 0), words: longest });
  }
  return found;
}

/**
 * The three likeliest matters, best first. `usual` are codes as often as they occurred lately near by or were chosen by
 * this worker; they order what the words leave open, and fill up what the words do not give.
 */
export function guess(text: string, matters: Matter[], usual: string[] = []): Guess[] {
  const spoken = text.trim() ? spokenIn(text, matters) : new Map<string, { score: number; words: string[] }>();
  const times = new Map<string, number>();
  for (const code of usual) times.set(code, (times.get(code) ?? 0) + 1);
  const byId = new Map(matters.map((matter) => [matter.id, matter]));
  const often = (code: string): number => times.get(code) ?? 0;
  const named = [...spoken].sort(([a, x], [b, y]) => y.score - x.score || often(b) - often(a) || (a < b ? -1 : 1));
  const rest = [...times.keys()].filter((code) => byId.has(code) && !spoken.has(code));
  rest.sort((a, b) => often(b) - often(a) || (a < b ? -1 : 1));
  const found: Guess[] = named.slice(0, MOST).map(([code, { words }]) => ({ matter: byId.get(code)!, words }));
  for (const code of rest.slice(0, MOST - found.length)) found.push({ matter: byId.get(code)!, words: [] });
  return found;
}

/** Matters whose code, name or keywords hold a word. */
export function search(text: string, matters: Matter[], most = 20): Matter[] {
  const asked = text.trim().toLowerCase();
  if (!asked) return [];
  const holds = (one: Matter): boolean => one.id.startsWith(asked) || [one.name, ...one.keywords].some((word) => word.toLowerCase().includes(asked));
  return matters.filter(holds).slice(0, most);
}
