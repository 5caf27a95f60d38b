// The phone's store: one IndexedDB database per person; everything of substance in it is sealed with his own key.
import { freshKey, openBytes, openValue, sealBytes, sealValue, type Sealed } from "./seal";

export type { Sealed } from "./seal";
export type StoreName = "drafts" | "outbox" | "files" | "bytes" | "sent" | "set" | "meta";
export type Key = IDBValidKey | IDBKeyRange;

const VERSION = 1;
const DEVICE = "wangge"; // which person this phone was last used by; holds nothing else
const PREFIX = "wangge-";
const KEYS: Record<StoreName, string | string[] | null> = {
  drafts: "id",
  outbox: "id",
  files: "sha",
  bytes: "sha",
  sent: "id",
  set: ["c", "id"],
  meta: null,
};

const RESERVE = ["spare", "last"] as const; // given up in this order
const RESERVE_BYTES = 2_000_000;

/** Which parts of the reserve are still there. */
export interface Reserve {
  spare: boolean;
  last: boolean;
}

/** Bytes that the browser cannot pack. */
function noise(size: number): ArrayBuffer {
  const made = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(made.subarray(at, at + 65_536));
  return made.buffer;
}

/** The browser has no room left; what was to be written was not, what was there still is. */
export class QuotaError extends Error {
  override readonly name = "QuotaError";
}

/** What one transaction may do; await nothing but these inside it, or the browser ends it. */
export interface Write {
  get<T>(store: StoreName, key: Key): Promise<T | undefined>;
  all<T>(store: StoreName, range?: IDBKeyRange): Promise<T[]>;
  put(store: StoreName, value: unknown, key?: IDBValidKey): Promise<void>;
  delete(store: StoreName, key: Key): Promise<void>;
  clear(store: StoreName): Promise<void>;
}

/** What one look may do: all of it at the same moment, no write falls in between. */
export interface Read {
  all<T>(store: StoreName, range?: IDBKeyRange): Promise<T[]>;
  count(store: StoreName, range?: IDBKeyRange): Promise<number>;
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

function opened(name: string, upgrade: (db: IDBDatabase) => void): Promise<IDBDatabase> {
  return new Promise((done, fail) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => upgrade(request.result);
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
    request.onblocked = () => fail(new Error(`${name} is held open by an older page`));
  });
}

function upgrade(db: IDBDatabase): void {
  for (const [name, keyPath] of Object.entries(KEYS)) db.createObjectStore(name, keyPath === null ? {} : { keyPath });
}

export class Store {
  private constructor(
    readonly userId: string,
    private db: IDBDatabase,
    private readonly key: CryptoKey,
  ) {
    this.watchOver();
  }

  static async open(userId: string): Promise<Store> {
    const db = await opened(PREFIX + userId, upgrade);
    // Made before the transaction, taken only if no other tab was first.
    const fresh = await freshKey();
    const tx = db.transaction("meta", "readwrite", { durability: "strict" });
    const meta = tx.objectStore("meta");
    let key = (await answer(meta.get("key"))) as CryptoKey | undefined;
    if (!key) {
      key = fresh;
      meta.put(key, "key");
    }
    await finished(tx);
    return new Store(userId, db, key);
  }

  /** A newer page wants to change the database, or the browser cleared it: let go, and open anew at the next use. */
  private watchOver(): void {
    this.db.onversionchange = () => this.db.close();
  }

  private async transaction(names: StoreName[], mode: IDBTransactionMode): Promise<IDBTransaction> {
    const options: IDBTransactionOptions = mode === "readwrite" ? { durability: "strict" } : {};
    try {
      return this.db.transaction(names, mode, options);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "InvalidStateError") throw error;
      this.db = await opened(PREFIX + this.userId, upgrade); // iOS closes databases behind our back
      this.watchOver();
      return this.db.transaction(names, mode, options);
    }
  }

  async get<T>(name: StoreName, key: Key): Promise<T | undefined> {
    return answer<T | undefined>((await this.transaction([name], "readonly")).objectStore(name).get(key));
  }

  async all<T>(name: StoreName, range?: IDBKeyRange): Promise<T[]> {
    return answer<T[]>((await this.transaction([name], "readonly")).objectStore(name).getAll(range));
  }

  async count(name: StoreName, range?: IDBKeyRange): Promise<number> {
    return answer((await this.transaction([name], "readonly")).objectStore(name).count(range));
  }

  /** Several looks at one moment; await nothing else in `look`. */
  async read<T>(names: StoreName[], look: (tx: Read) => Promise<T>): Promise<T> {
    const tx = await this.transaction(names, "readonly");
    return look({
      all: <V>(name: StoreName, range?: IDBKeyRange) => answer<V[]>(tx.objectStore(name).getAll(range)),
      count: (name, range) => answer(tx.objectStore(name).count(range)),
    });
  }

  /**
   * One transaction, on the disk when this resolves; a throw inside it undoes all of it. Where the room is used up the
   * spare half of the reserve is given for it and it is done again. Rejects with `QuotaError`.
   */
  write<T>(names: StoreName[], work: (tx: Write) => Promise<T>): Promise<T> {
    return this.making(["spare"], () => this.writeOnce(names, work));
  }

  /** The same for what must go on in a full phone, so that it gets emptier: all of the reserve may go for it. */
  insist<T>(names: StoreName[], work: (tx: Write) => Promise<T>): Promise<T> {
    return this.making(["spare", "last"], () => this.writeOnce(names, work));
  }

  private async making<T>(room: (typeof RESERVE)[number][], work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof QuotaError)) throw error;
      for (const [n, name] of room.entries()) if (await this.giveUp(name)) return this.making(room.slice(n + 1), work);
      throw error;
    }
  }

  /** Room that is kept by being used: 2 parts, given up one after the other. Null where none was ever taken. */
  async reserve(): Promise<Reserve | null> {
    return (await this.meta<Reserve>("reserve")) ?? null;
  }

  /** Takes what is missing of the reserve, the last part first; quietly less where there is no room for it. */
  async takeReserve(): Promise<Reserve> {
    const taken = (await this.reserve()) ?? { spare: false, last: false };
    for (const name of [...RESERVE].reverse()) {
      if (taken[name]) continue;
      const bytes = noise(RESERVE_BYTES);
      try {
        await this.writeOnce(["meta"], async (tx) => {
          await tx.put("meta", bytes, `reserve-${name}`);
          await tx.put("meta", { ...taken, [name]: true }, "reserve");
        });
      } catch (error) {
        if (error instanceof QuotaError) break;
        throw error;
      }
      taken[name] = true;
    }
    return taken;
  }

  private async giveUp(name: (typeof RESERVE)[number]): Promise<boolean> {
    const taken = await this.reserve();
    if (!taken?.[name]) return false;
    await this.writeOnce(["meta"], (tx) => tx.delete("meta", `reserve-${name}`));
    await this.writeOnce(["meta"], (tx) => tx.put("meta", { ...taken, [name]: false }, "reserve")).catch(() => undefined);
    return true;
  }

  private async writeOnce<T>(names: StoreName[], work: (tx: Write) => Promise<T>): Promise<T> {
    const tx = await this.transaction(names, "readwrite");
    const end = finished(tx);
    end.catch(() => undefined); // told below
    const held = (name: StoreName): IDBObjectStore => tx.objectStore(name);
    let result: T;
    try {
      result = await work({
        get: <V>(name: StoreName, key: Key) => answer(held(name).get(key) as IDBRequest<V | undefined>),
        all: <V>(name: StoreName, range?: IDBKeyRange) => answer(held(name).getAll(range) as IDBRequest<V[]>),
        put: async (name, value, key) => void (await answer(held(name).put(value, key))),
        delete: (name, key) => answer(held(name).delete(key)),
        clear: (name) => answer(held(name).clear()),
      });
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // it has ended already
      }
      throw told(error ?? tx.error);
    }
    await end;
    return result;
  }

  async meta<T>(key: string): Promise<T | undefined> {
    return this.get<T>("meta", key);
  }

  async setMeta(key: string, value: unknown): Promise<void> {
    await this.insist(["meta"], (tx) => tx.put("meta", value, key));
  }

  seal(value: unknown): Promise<Sealed> {
    return sealValue(this.key, value);
  }

  unseal<T>(sealed: Sealed): Promise<T> {
    return openValue<T>(this.key, sealed);
  }

  sealBytes(bytes: ArrayBuffer): Promise<Sealed> {
    return sealBytes(this.key, bytes);
  }

  unsealBytes(sealed: Sealed): Promise<ArrayBuffer> {
    return openBytes(this.key, sealed);
  }

  close(): void {
    this.db.close();
  }
}

function finished(tx: IDBTransaction): Promise<void> {
  return new Promise((done, fail) => {
    tx.oncomplete = () => done();
    tx.onabort = () => fail(told(tx.error ?? new Error("the transaction was given up")));
  });
}

function told(error: unknown): unknown {
  return (error as { name?: string } | null)?.name === "QuotaExceededError"
    ? new QuotaError("no room left on this device", { cause: error })
    : error;
}

let held: Store | null = null;

/** Opens the database of `userId` and makes it the current one. */
export async function openStore(userId: string): Promise<Store> {
  if (held?.userId === userId) return held;
  held?.close();
  held = await Store.open(userId);
  return held;
}

/** The database in use. Throws before `openStore`. */
export function current(): Store {
  if (!held) throw new Error("no store is open");
  return held;
}

/** The database in use, or null on a phone that nobody has used yet. */
export function currentOrNull(): Store | null {
  return held;
}

export function closeStore(): void {
  held?.close();
  held = null;
}

async function device(): Promise<IDBDatabase> {
  return opened(DEVICE, (db) => db.createObjectStore("device"));
}

/** Who used this phone last: so that it opens without a connection. Null after a log-out. */
export async function lastUser(): Promise<string | null> {
  const db = await device();
  try {
    return ((await answer(db.transaction("device").objectStore("device").get("user"))) as string | undefined) ?? null;
  } finally {
    db.close();
  }
}

export async function rememberUser(userId: string | null): Promise<void> {
  const db = await device();
  try {
    const tx = db.transaction("device", "readwrite");
    if (userId === null) tx.objectStore("device").delete("user");
    else tx.objectStore("device").put(userId, "user");
    await finished(tx);
  } finally {
    db.close();
  }
}

/** How much others have still to send from this phone. It stays sealed; only the number of rows is looked at. */
export async function leftByOthers(userId: string | null): Promise<number> {
  if (!indexedDB.databases) return 0;
  let left = 0;
  for (const { name } of await indexedDB.databases()) {
    if (!name?.startsWith(PREFIX) || name === PREFIX + (userId ?? "")) continue;
    const db = await opened(name, upgrade);
    for (const store of ["outbox", "drafts"]) left += await answer(db.transaction(store).objectStore(store).count());
    db.close();
  }
  return left;
}

/** Deletes the database of `userId` with its key: nothing that it sealed can ever be read again. */
export async function destroyStore(userId: string): Promise<void> {
  if (held?.userId === userId) closeStore();
  await new Promise<void>((done, fail) => {
    const request = indexedDB.deleteDatabase(PREFIX + userId);
    request.onsuccess = () => done();
    request.onerror = () => fail(request.error);
    request.onblocked = () => undefined; // another tab lets go at its versionchange
  });
}
