import { EnclaveError } from "idos-client/enclave";
import { wipe } from "idos-crypto";
import type { PersonKeys } from "../keys/person-keys.ts";
import type { Unlocked, Vault } from "./vault.ts";

/** Milliseconds after which keys are locked whatever a page keeps asking. */
const MOST_UNLOCKED_MILLIS = 8 * 3_600_000;

/** The keys that are unlocked in this frame, until they are locked or nothing happens for some time. */
export class Session {
  readonly #vault: Vault;
  readonly #locked: () => void;
  #unlocked: Unlocked | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(vault: Vault, locked: () => void) {
    this.#vault = vault;
    this.#locked = locked;
  }

  /** Goes on with what was unlocked before a reload. `locked` is called when the time is over. */
  static async resumed(vault: Vault, locked: () => void): Promise<Session> {
    const session = new Session(vault, locked);
    const unlocked = await vault.load(Date.now());
    if (unlocked !== undefined) {
      session.#keep(unlocked);
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
    if (keys === undefined || this.#unlocked === undefined) {
      throw new EnclaveError("Locked", "the keys are locked: unlock them first");
    }
    await this.touch();
    return keys;
  }

  /** Something happened: the time begins anew. */
  async touch(): Promise<void> {
    this.#lockIfDue();
    if (this.#unlocked !== undefined) {
      const idleAt = Date.now() + this.#unlocked.idleMillis;
      this.#keep({ ...this.#unlocked, idleAt });
      await this.#vault.touch(idleAt);
    }
  }

  async unlock(keys: PersonKeys, idleMinutes: number): Promise<void> {
    this.#forget();
    const [now, idleMillis] = [Date.now(), idleMinutes * 60_000];
    this.#keep({ keys, idleMillis, idleAt: now + idleMillis, endsAt: now + MOST_UNLOCKED_MILLIS });
    if (this.#unlocked !== undefined) {
      await this.#vault.save(this.#unlocked);
    }
  }

  async lock(): Promise<void> {
    const was = this.#unlocked !== undefined;
    this.#forget();
    await this.#vault.clear();
    if (was) {
      this.#locked();
    }
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
