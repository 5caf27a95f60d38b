// The service worker: keeps the shell and its files, and nothing else: no answer of the API, no page about people.
import { lastUser, openStore } from "../store";
import { flush } from "../sync";

interface Shell {
  shell: string;
  assets: string[];
  version: string;
  document: string;
}

interface SyncEvent extends ExtendableEventLike {
  tag: string;
}
interface ExtendableEventLike extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEventLike extends ExtendableEventLike {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  __SHELL: Shell;
  addEventListener(name: string, listener: (event: never) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(options: object): Promise<{ postMessage(message: object): void }[]> };
}

const scope = self as unknown as Scope;
const kept = scope.__SHELL;
const PREFIX = "wangge-shell-";
const NAME = `${PREFIX}${kept.version}-${kept.document}`;
const GENERATIONS = 2; // a page that is still open may ask for a file of the one before
const files = new Set(kept.assets.map((path) => new URL(path, location.origin).pathname));

/** The document and its files, all of one version; rejects when the log-in has ended or half a release is out. */
async function keepAll(): Promise<void> {
  const cache = await caches.open(NAME);
  await keepDocument(cache);
  await cache.addAll(kept.assets);
}

async function keepDocument(cache: Cache): Promise<void> {
  const answer = await fetch(kept.shell, { cache: "no-store", credentials: "same-origin" });
  const text = await answer.clone().text();
  if (!answer.ok || answer.redirected || !text.includes(kept.version)) throw new Error("the shell could not be kept");
  await cache.put(kept.shell, answer);
}

async function tellAll(message: object): Promise<number> {
  const open = await scope.clients.matchAll({ type: "window" });
  for (const client of open) client.postMessage(message);
  return open.length;
}

async function takeOver(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== NAME);
  for (const name of names.slice(0, Math.max(0, names.length - (GENERATIONS - 1)))) await caches.delete(name);
  await scope.clients.claim();
  await tellAll({ type: "fresh" });
}

async function document_(request: Request): Promise<Response> {
  const held = await (await caches.open(NAME)).match(kept.shell);
  return held ?? fetch(request);
}

/** Pages about people and cases are the server's; without it they say so, in the shell. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    return Response.redirect(`${kept.shell}#/online-only`);
  }
}

async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** With no window open the worker sends by itself: the key is in the store, and the lock keeps senders apart. */
async function send(): Promise<void> {
  if ((await tellAll({ type: "flush" })) > 0) return;
  const user = await lastUser();
  if (user === null) return;
  await openStore(user);
  await flush();
}

scope.addEventListener("install", (event: ExtendableEventLike) => {
  event.waitUntil(keepAll().then(() => scope.skipWaiting()));
});
scope.addEventListener("activate", (event: ExtendableEventLike) => {
  event.waitUntil(takeOver());
});
scope.addEventListener("sync", (event: SyncEvent) => {
  if (event.tag === "wangge-outbox") event.waitUntil(send());
});
scope.addEventListener("message", (event: MessageEvent<{ type?: string }> & ExtendableEventLike) => {
  if (event.data.type !== "renew") return;
  const done = caches.open(NAME).then(keepDocument).catch(() => undefined);
  event.waitUntil(done.then(() => event.ports[0]?.postMessage({ type: "renewed" })));
});
scope.addEventListener("fetch", (event: FetchEventLike) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(url.pathname === kept.shell ? document_(request) : page(request));
  else if (files.has(url.pathname)) event.respondWith(file(request));
});
