// AES-GCM with a key that this browser holds and nobody can read out of it.

export interface Sealed {
  iv: ArrayBuffer;
  body: ArrayBuffer;
}

const NAME = "AES-GCM";

/** A fresh key; not extractable: a copy of the database's files does not open what it sealed. */
export async function freshKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: NAME, length: 256 }, false, ["encrypt", "decrypt"]);
}

export async function sealBytes(key: CryptoKey, bytes: ArrayBuffer): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv: iv.buffer, body: await crypto.subtle.encrypt({ name: NAME, iv }, key, new Uint8Array(bytes)) };
}

/** Rejects with an OperationError when the bytes were changed or sealed by another key. */
export async function openBytes(key: CryptoKey, sealed: Sealed): Promise<ArrayBuffer> {
  return crypto.subtle.decrypt({ name: NAME, iv: new Uint8Array(sealed.iv) }, key, new Uint8Array(sealed.body));
}

export async function sealValue(key: CryptoKey, value: unknown): Promise<Sealed> {
  return sealBytes(key, new TextEncoder().encode(JSON.stringify(value)).buffer);
}

export async function openValue<T>(key: CryptoKey, sealed: Sealed): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await openBytes(key, sealed))) as T;
}
