// Drafts of forms live in localStorage until the form was accepted; older than a week they go.
const PREFIX = "draft:";
const SENDING = "wangge:sending";
const WEEK = 7 * 24 * 3600 * 1000;

export type Draft = { at: number; values: Record<string, string> };

function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null; // storage is switched off; a form then has no draft
  }
}

export function readDraft(key: string): Draft | null {
  const text = storage()?.getItem(PREFIX + key);
  if (!text) return null;
  try {
    const draft = JSON.parse(text) as Draft;
    if (Date.now() - draft.at < WEEK) return draft;
  } catch {
    // a broken draft is no draft
  }
  dropDraft(key);
  return null;
}

export function writeDraft(key: string, values: Record<string, string>): void {
  try {
    storage()?.setItem(PREFIX + key, JSON.stringify({ at: Date.now(), values } satisfies Draft));
  } catch {
    // storage full: the form itself still holds everything
  }
}

export function dropDraft(key: string): void {
  storage()?.removeItem(PREFIX + key);
}

/** Remembers that the form of this draft is on its way. */
export function markSending(key: string): void {
  try {
    window.sessionStorage.setItem(SENDING, key);
  } catch {
    // without it the draft is offered once more, which loses nothing
  }
}

/**
 * Drops the draft of a form that was sent, on the page that follows. A page that shows the same form again (it was
 * refused) or an error page keeps it.
 */
export function sweepSentDrafts(): void {
  let key: string | null = null;
  try {
    key = window.sessionStorage.getItem(SENDING);
    window.sessionStorage.removeItem(SENDING);
  } catch {
    return;
  }
  if (!key || document.querySelector('meta[name="wangge-page"][content="error"]')) return;
  const shown = [...document.querySelectorAll<HTMLElement>("[data-draft-key-value]")];
  if (!shown.some((form) => form.dataset["draftKeyValue"] === key)) dropDraft(key);
}
