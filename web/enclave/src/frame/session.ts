import { EnclaveError } from "idos-client/enclave";
import { wipe } from "idos-crypto";
import type { PersonKeys } from "../keys/person-keys.ts";
import type { Unlocked, Vault } from "./vault.ts";

/** Milliseconds after which keys are locked whatever a page keeps asking. */
const MOST_UNLOCKED_MILLIS = 8 * 3_600_000;

/** What sessions of the same asking origin in other tabs are told. */
type News =
  | { readonly kind: "locked" }
  | { readonly kind: "touched"; readonly userId: string; readonly at: number };

/** How sessions of the same asking origin hear of each other: a `BroadcastChannel` of its own for each origin. */
export type Siblings = Pick<BroadcastChannel, "postMessage" | "onmessage">;

/**
 * The channel of an asking origin. Only documents of the enclave can listen, or speak, on it. Browsers that refuse
 * storage to frames may refuse this as well: then each tab is by itself.
 */
export function siblingsOf(origin: string): Siblings {
  try {
    return new BroadcastChannel(`idos-enclave:${origin}`);
  } catch {
    return { postMessage: () => undefined, onmessage: null };
  }
}

/** The keys that are unlocked in this frame, until they are locked or nothing happens for some time. */
export class Session {
  readonly #vault: Vault;
  readonly #siblings: Siblings;
  readonly #locked: (hadKeys: boolean) => void;
  #unlocked: Unlocked | undefined;
  #locks = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(vault: Vault, siblings: Siblings, locked: (hadKeys: boolean) => void) {
    this.#vault = vault;
    this.#siblings = siblings;
    this.#locked = locked;
    siblings.onmessage = ({ data }) => this.#heard(data as News);
  }

  /**
   * Goes on with what was unlocked before a reload. `locked` is called at once when it is locked, here or in another
   * tab, whether or not there were keys here: what the person is about to unlock ends with it.
   */
  static async resumed(
    vault: Vault,
    siblings: Siblings,
    locked: (hadKeys: boolean) => void,
  ): Promise<Session> {
    const session = new Session(vault, siblings, locked);
    await vault.sweep(Date.now());
    const unlocked = await vault.load(Date.now());
    if (unlocked === undefined) {
      return session;
    }
    if (session.#locks === 0) {
      session.#keep(unlocked);
    } else {
      wipe(unlocked.keys);
      await vault.clearOwn();
    }
    return session;
  }

  /** The keys, if they are unlocked; undefined after their time. */
  get keys(): PersonKeys | undefined {
    this.lockIfDue();
    return this.#unlocked?.keys;
  }

  /** The keys, for work that the page asked for. Pages can ask all day: that does not begin the time anew. */
  use(): PersonKeys {
    const { keys } = this;
    if (keys === undefined) {
      throw lockedError();
    }
    return keys;
  }

  /** Throws `Locked` unless these keys are still the ones that are unlocked: to be asked after whatever was awaited. */
  mustHave(keys: PersonKeys): void {
    if (this.keys !== keys) {
      throw lockedError();
    }
  }

  /** The person did something, in the frame or a window: the time begins anew. */
  async touch(): Promise<void> {
    this.lockIfDue();
    if (this.#unlocked !== undefined) {
      const at = Date.now();
      const { keys, idleMillis } = this.#unlocked;
      this.#keep({ ...this.#unlocked, idleAt: at + idleMillis });
      this.#tell({ kind: "touched", userId: keys.userId, at });
      await this.#vault.touch(keys.userId, at);
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

  /** Locks if their time is over: timers do not run while a machine sleeps. */
  lockIfDue(): void {
    const now = Date.now();
    if (this.#unlocked !== undefined && (now >= this.#unlocked.idleAt || now >= this.#unlocked.endsAt)) {
      this.#expire();
    }
  }

  /** Forgets the keys here, in storage, and in other tabs of the asking origin. */
  async lock(): Promise<void> {
    // First of all what is stored stops counting: another tab may be about to take it up, or this one about to go.
    const cleared = this.#vault.clear();
    this.#tell({ kind: "locked" });
    this.#end();
    await cleared;
  }

  /** Their time is over. Other tabs have times of their own, and keys maybe of somebody else. */
  #expire(): void {
    void this.#vault.clearOwn();
    this.#end();
  }

  #end(): void {
    const hadKeys = this.#unlocked !== undefined;
    this.#locks += 1;
    this.#forget();
    this.#locked(hadKeys);
  }

  #heard(news: News): void {
    const unlocked = this.#unlocked;
    if (news.kind === "locked") {
      void this.#vault.clearOwn();
      this.#end();
    } else if (unlocked?.keys.isOf(news.userId) === true && news.at < unlocked.idleAt) {
      this.#keep({ ...unlocked, idleAt: Math.max(unlocked.idleAt, news.at + unlocked.idleMillis) });
    }
  }

  #tell(news: News): void {
    this.#siblings.postMessage(news);
  }

  #keep(unlocked: Unlocked): void {
    clearTimeout(this.#timer);
    this.#unlocked = unlocked;
    const due = Math.min(unlocked.idleAt, unlocked.endsAt) - Date.now();
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, due));
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
