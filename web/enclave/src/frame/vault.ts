// Keeps what is unlocked over a reload: the keys, encrypted by an AES-GCM key that the browser does not give out. The
// browser may refuse storage to a frame; then the keys live as long as the frame.
import { wipe } from "idos-crypto";
import { type KeyBytes, PersonKeys } from "../keys/person-keys.ts";

const DATABASE = "idos-enclave";
const STORE = "unlocked";
const IV_BYTES = 12;

interface Record {
  readonly userId: string;
  readonly kind: KeyBytes["kind"];
  readonly key: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
  readonly idleMillis: number;
  readonly idleAt: number;
  readonly endsAt: number;
}

/** What is unlocked, and until when. Times are milliseconds since 1970. */
export interface Unlocked {
  readonly keys: PersonKeys;
  /** How long nothing may happen. */
  readonly idleMillis: number;
  /** When it locks, if nothing happens. */
  readonly idleAt: number;
  /** When it locks, whatever happens. */
  readonly endsAt: number;
}

/**
 * The vault of one asking origin: another one in the same storage does not get at what this one unlocked. What it is
 * asked to do it does in that order, so that what was locked is not stored again by work that began before.
 */
export class Vault {
  readonly #origin: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** What was unlocked before the reload; undefined if there is nothing, or its time is over. */
  async load(now: number): Promise<Unlocked | undefined> {
    const record = await this.#run<Record | undefined>("readonly", (store) => store.get(this.#origin));
    if (record === undefined) {
      return undefined;
    }
    const { userId, kind, key, iv, sealed, idleMillis, idleAt, endsAt } = record;
    if (now >= idleAt || now >= endsAt) {
      await this.clear();
      return undefined;
    }
    try {
      const additionalData = this.#bound(userId, kind);
      const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, sealed);
      const keys = PersonKeys.read({ userId, kind, bytes: new Uint8Array(opened) });
      return { keys, idleMillis, idleAt, endsAt };
    } catch {
      // Damaged, or of an older version: as if it was not there.
      await this.clear();
      return undefined;
    }
  }

  /** Takes a copy of the keys at once: they may be wiped before it is their turn. */
  save({ keys, idleMillis, idleAt, endsAt }: Unlocked): Promise<void> {
    const { userId, kind, bytes } = keys.expose();
    return this.#inTurn(async () => {
      try {
        const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
          "encrypt",
          "decrypt",
        ]);
        const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
        const additionalData = this.#bound(userId, kind);
        const algorithm = { name: "AES-GCM", iv, additionalData };
        const sealed = await crypto.subtle.encrypt(algorithm, key, new Uint8Array(bytes));
        const record: Record = { userId, kind, key, iv, sealed, idleMillis, idleAt, endsAt };
        await this.#run("readwrite", (store) => store.put(record, this.#origin));
      } finally {
        wipe(bytes);
      }
    });
  }

  /** Moves the time at which it locks, if there is something of this person. */
  touch(userId: string, idleAt: number): Promise<void> {
    return this.#inTurn(async () => {
      // One transaction: between two, another tab could lock.
      await this.#run("readwrite", (store) => {
        const request: IDBRequest<Record | undefined> = store.get(this.#origin);
        request.onsuccess = () => {
          const record = request.result;
          if (record?.userId === userId) {
            store.put({ ...record, idleAt }, this.#origin);
          }
        };
        return request;
      });
    });
  }

  clear(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#run("readwrite", (store) => store.delete(this.#origin));
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #bound(userId: string, kind: string): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(`idos-enclave/vault/v1/${kind}/${userId}/${this.#origin}`).slice();
  }

  /** Undefined where the browser keeps nothing. */
  async #run<T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest,
  ): Promise<T | undefined> {
    try {
      const database = await opened();
      try {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        await completed(transaction);
        return request.result as T;
      } finally {
        database.close();
      }
    } catch {
      return undefined;
    }
  }
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

/** What a request did is there only once its transaction is complete. */
function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
