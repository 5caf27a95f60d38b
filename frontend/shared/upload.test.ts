import { afterEach, expect, test, vi } from "vitest";
import { upload } from "./upload";

type Listener = (event: ProgressEvent) => void;

class FakeRequest {
  static last: FakeRequest;
  headers: Record<string, string> = {};
  sent: unknown = null;
  opened = "";
  status = 0;
  responseText = "";
  timeout = 0;
  listeners: Record<string, Listener> = {};
  upload = { addEventListener: (name: string, listener: Listener) => void (this.listeners[`upload.${name}`] = listener) };

  constructor() {
    FakeRequest.last = this;
  }
  open(method: string, url: string): void {
    this.opened = `${method} ${url}`;
  }
  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }
  addEventListener(name: string, listener: Listener): void {
    this.listeners[name] = listener;
  }
  send(body: unknown): void {
    this.sent = body;
  }
  abort(): void {
    this.fire("abort");
  }
  answer(status: number, text = ""): void {
    this.status = status;
    this.responseText = text;
    this.fire("load");
  }
  fire(name: string, event: object = {}): void {
    this.listeners[name]?.(event as ProgressEvent);
  }
}

afterEach(() => vi.unstubAllGlobals());

function start(progress: (percent: number) => void = () => undefined, signal = new AbortController().signal) {
  vi.stubGlobal("XMLHttpRequest", FakeRequest);
  return upload("/p/photos/abc", new Blob(["x"], { type: "image/jpeg" }), "tok", signal, progress);
}

test("puts the bytes with token and type, and tells the progress", async () => {
  const seen: number[] = [];
  const answer = start((percent) => seen.push(percent));
  const request = FakeRequest.last;
  expect(request.opened).toBe("PUT /p/photos/abc");
  expect(request.headers).toEqual({ "Content-Type": "image/jpeg", Accept: "application/json", "X-CSRFToken": "tok" });
  request.fire("upload.progress", { lengthComputable: true, loaded: 1, total: 3 });
  request.answer(201);
  expect(await answer).toEqual({ ok: true, final: true, reason: "" });
  expect(seen).toEqual([33]);
});

test.each([
  [422, true],
  [413, true],
  [403, true],
  [408, false],
  [429, false],
  [503, false],
])("status %i is final: %s", async (status, final) => {
  const answer = start();
  FakeRequest.last.answer(status, '{"title": "Refused.", "detail": "Too dark."}');
  expect(await answer).toEqual({ ok: false, final, reason: "Refused. Too dark." });
});

test("a lost line may be tried again, an unreadable answer has no words", async () => {
  const lost = start();
  FakeRequest.last.fire("error");
  expect(await lost).toEqual({ ok: false, final: false, reason: "" });
  const odd = start();
  FakeRequest.last.answer(502, "<html>");
  expect(await odd).toEqual({ ok: false, final: false, reason: "" });
});

test("an abandoned photo is not sent on", async () => {
  const abort = new AbortController();
  const answer = start(() => undefined, abort.signal);
  abort.abort();
  expect(await answer).toEqual({ ok: false, final: true, reason: "" });
});
