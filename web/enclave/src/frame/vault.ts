// Keeps what is unlocked over a reload: the keys, encrypted by an AES-GCM key that the browser does not give out. The
// browser may refuse storage to a frame; then the keys live as long as the frame.
import { bytesToHex } from "@noble/hashes/utils.js";
import { wipe } from "idos-crypto";
import { type KeyBytes, PersonKeys } from "../keys/person-keys.ts";
import { LiveMark } from "./live-mark.ts";

const DATABASE = "idos-enclave";
const STORE = "unlocked";
const IV_BYTES = 12;
const ID_BYTES = 16;

interface Record {
  /** Counts only while the mark names it. */
  readonly id: string;
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
  readonly #mark: LiveMark;
  /** The record that this one saved or loaded; other tabs may have put another in its place. */
  #own: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(origin: string) {
    this.#origin = origin;
    this.#mark = new LiveMark(origin);
  }

  /** What was unlocked before the reload; undefined if there is nothing, it was locked, or its time is over. */
  async load(now: number): Promise<Unlocked | undefined> {
    const record = await this.#run<Record | undefined>("readonly", (store) => store.get(this.#origin));
    if (record === undefined) {
      return undefined;
    }
    const { id, userId, kind, key, iv, sealed, idleMillis, idleAt, endsAt } = record;
    if (!counts(record, this.#mark, now)) {
      await this.#discard(id);
      return undefined;
    }
    try {
      const additionalData = this.#bound(userId, kind);
      const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, sealed);
      const keys = PersonKeys.read({ userId, kind, bytes: new Uint8Array(opened) });
      if (this.#mark.is(id)) {
        this.#own = id;
        return { keys, idleMillis, idleAt, endsAt };
      }
      // Another tab locked meanwhile.
      wipe(keys);
    } catch {
      // Damaged, or of an older version: as if it was not there.
    }
    await this.#discard(id);
    return undefined;
  }

  /** Deletes what no longer counts, of every asking origin in this storage: a page that was closed could not. */
  sweep(now: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#run("readwrite", (store) => {
        const request = store.openCursor();
        request.onsuccess = () => {
          const cursor = request.result;
          if (cursor === null) {
            return;
          }
          if (!counts(cursor.value as Record, new LiveMark(String(cursor.key)), now)) {
            cursor.delete();
          }
          cursor.continue();
        };
        return request;
      });
    });
  }

  /**
   * Takes a copy of the keys at once: they may be wiped before it is their turn. What cannot be stored, or not be
   * marked, is not there after a reload; that is no error.
   */
  save({ keys, idleMillis, idleAt, endsAt }: Unlocked): Promise<void> {
    const id = bytesToHex(crypto.getRandomValues(new Uint8Array(ID_BYTES)));
    this.#own = id;
    if (!this.#mark.begin(id)) {
      return this.clear();
    }
    const { userId, kind, bytes } = keys.expose();
    const copy = new Uint8Array(bytes);
    wipe(bytes);
    return this.#inTurn(async () => {
      try {
        const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
          "encrypt",
          "decrypt",
        ]);
        const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
        const additionalData = this.#bound(userId, kind);
        const algorithm = { name: "AES-GCM", iv, additionalData };
        const sealed = await crypto.subtle.encrypt(algorithm, key, copy);
        const record: Record = { id, userId, kind, key, iv, sealed, idleMillis, idleAt, endsAt };
        await this.#run("readwrite", (store) =>
          // Locked, or unlocked in another tab, meanwhile.
          this.#mark.is(id) ? store.put(record, this.#origin) : undefined,
        );
      } catch {
        if (this.#mark.is(id)) {
          this.#mark.end();
          await this.#run("readwrite", (store) => store.delete(this.#origin));
        }
      } finally {
        wipe(copy);
      }
    });
  }

  /** Moves the time at which it locks, if there is something of this person whose time is not over. */
  touch(userId: string, now: number): Promise<void> {
    return this.#inTurn(async () => {
      // One transaction: between two, another tab could lock.
      await this.#run("readwrite", (store) => {
        const request: IDBRequest<Record | undefined> = store.get(this.#origin);
        request.onsuccess = () => {
          const record = request.result;
          if (record?.userId === userId && now < record.idleAt) {
            store.put({ ...record, idleAt: now + record.idleMillis }, this.#origin);
          }
        };
        return request;
      });
    });
  }

  /** Whatever is stored does not count any more from now on, and is deleted. */
  clear(): Promise<void> {
    this.#mark.end();
    return this.#inTurn(async () => {
      await this.#run("readwrite", (store) => store.delete(this.#origin));
    });
  }

  /** The same, but only of what this one saved or loaded: not of what another tab stored since. */
  clearOwn(): Promise<void> {
    return this.#own === undefined ? Promise.resolve() : this.#discard(this.#own);
  }

  #discard(id: string): Promise<void> {
    if (this.#mark.is(id)) {
      this.#mark.end();
    }
    return this.#inTurn(async () => {
      await this.#run("readwrite", (store) => {
        const request: IDBRequest<Record | undefined> = store.get(this.#origin);
        request.onsuccess = () => {
          if (request.result?.id === id) {
            store.delete(this.#origin);
          }
        };
        return request;
      });
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
    work: (store: IDBObjectStore) => IDBRequest | undefined,
  ): Promise<T | undefined> {
    try {
      const database = await opened();
      try {
        const transaction = database.transaction(STORE, mode);
        const request = work(transaction.objectStore(STORE));
        await completed(transaction);
        return request?.result as T | undefined;
      } finally {
        database.close();
      }
    } catch {
      return undefined;
    }
  }
}

/** Whether what is stored was neither locked nor has ended. */
function counts({ id, idleAt, endsAt }: Record, mark: LiveMark, now: number): boolean {
  return mark.is(id) && now < idleAt && now < endsAt;
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
