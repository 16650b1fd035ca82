import { EnclaveError } from "idos-client/enclave";
import { wipe } from "idos-crypto";
import type { PersonKeys } from "../keys/person-keys.ts";
import type { Unlocked, Vault } from "./vault.ts";

/** Milliseconds after which keys are locked whatever a page keeps asking. */
const MOST_UNLOCKED_MILLIS = 8 * 3_600_000;

/** What sessions of the same asking origin in other tabs are told. */
type News =
  | { readonly kind: "locked" }
  | { readonly kind: "touched"; readonly userId: string; readonly idleAt: number };

/** How sessions of the same asking origin hear of each other: a `BroadcastChannel` of its own for each origin. */
export type Siblings = Pick<BroadcastChannel, "postMessage" | "onmessage">;

/** The channel of an asking origin. Only documents of the enclave can listen, or speak, on it. */
export function siblingsOf(origin: string): Siblings {
  return new BroadcastChannel(`idos-enclave:${origin}`);
}

/** The keys that are unlocked in this frame, until they are locked or nothing happens for some time. */
export class Session {
  readonly #vault: Vault;
  readonly #siblings: Siblings;
  readonly #locked: () => void;
  #unlocked: Unlocked | undefined;
  #locks = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(vault: Vault, siblings: Siblings, locked: () => void) {
    this.#vault = vault;
    this.#siblings = siblings;
    this.#locked = locked;
    siblings.onmessage = ({ data }) => this.#heard(data as News);
  }

  /** Goes on with what was unlocked before a reload. `locked` is called at once when keys are locked. */
  static async resumed(vault: Vault, siblings: Siblings, locked: () => void): Promise<Session> {
    const session = new Session(vault, siblings, locked);
    const unlocked = await vault.load(Date.now());
    if (unlocked === undefined) {
      return session;
    }
    if (session.#locks === 0) {
      session.#keep(unlocked);
    } else {
      wipe(unlocked.keys);
    }
    return session;
  }

  /** The keys, if they are unlocked; undefined after their time. */
  get keys(): PersonKeys | undefined {
    this.#lockIfDue();
    return this.#unlocked?.keys;
  }

  /** The keys, for work that the page asked for: that counts as something happening. */
  async use(): Promise<PersonKeys> {
    const { keys } = this;
    if (keys === undefined) {
      throw lockedError();
    }
    await this.touch();
    this.mustHave(keys);
    return keys;
  }

  /** Throws `Locked` unless these keys are still the ones that are unlocked: to be asked after whatever was awaited. */
  mustHave(keys: PersonKeys): void {
    if (this.keys !== keys) {
      throw lockedError();
    }
  }

  /** Something happened: the time begins anew. */
  async touch(): Promise<void> {
    this.#lockIfDue();
    if (this.#unlocked !== undefined) {
      const idleAt = Date.now() + this.#unlocked.idleMillis;
      const { userId } = this.#unlocked.keys;
      this.#keep({ ...this.#unlocked, idleAt });
      this.#tell({ kind: "touched", userId, idleAt });
      await this.#vault.touch(userId, idleAt);
    }
  }

  /** Takes keys. Throws `Locked` if they were locked before they were stored. */
  async unlock(keys: PersonKeys, idleMinutes: number): Promise<void> {
    this.#forget();
    const [now, idleMillis] = [Date.now(), idleMinutes * 60_000];
    const unlocked = { keys, idleMillis, idleAt: now + idleMillis, endsAt: now + MOST_UNLOCKED_MILLIS };
    this.#keep(unlocked);
    await this.#vault.save(unlocked);
    this.mustHave(keys);
  }

  /** Forgets the keys here, in storage, and in other tabs of the asking origin. */
  async lock(): Promise<void> {
    this.#tell({ kind: "locked" });
    await this.#lockHere();
  }

  async #lockHere(): Promise<void> {
    const was = this.#unlocked !== undefined;
    this.#locks += 1;
    this.#forget();
    if (was) {
      this.#locked();
    }
    // Behind whatever is about to be stored.
    await this.#vault.clear();
  }

  #heard(news: News): void {
    if (news.kind === "locked") {
      void this.#lockHere();
    } else if (this.#unlocked?.keys.isOf(news.userId) === true) {
      this.#keep({ ...this.#unlocked, idleAt: news.idleAt });
    }
  }

  #tell(news: News): void {
    this.#siblings.postMessage(news);
  }

  #keep(unlocked: Unlocked): void {
    clearTimeout(this.#timer);
    this.#unlocked = unlocked;
    const due = Math.min(unlocked.idleAt, unlocked.endsAt) - Date.now();
    this.#timer = setTimeout(() => void this.lock(), Math.max(0, due));
  }

  /** Timers do not run while a machine sleeps. */
  #lockIfDue(): void {
    const now = Date.now();
    if (this.#unlocked !== undefined && (now >= this.#unlocked.idleAt || now >= this.#unlocked.endsAt)) {
      void this.lock();
    }
  }

  #forget(): void {
    clearTimeout(this.#timer);
    if (this.#unlocked !== undefined) {
      wipe(this.#unlocked.keys);
      this.#unlocked = undefined;
    }
  }
}

function lockedError(): EnclaveError {
  return new EnclaveError("Locked", "the keys are locked: unlock them first");
}
