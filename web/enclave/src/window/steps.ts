// What the frame asks of a window. Both are documents of the enclave, so keys may pass between them.
import type { FactorChange, Holder, OwnedWallet } from "idos-client/enclave";
import type { Concern } from "../credential/examine.ts";
import type { KeyBytes } from "../keys/person-keys.ts";

/** Who asks, as the browser names it. */
export interface Asked {
  readonly origin: string;
}

/** Keys, and for how long they stay unlocked when nothing happens. */
export interface Opened {
  readonly keys: KeyBytes;
  readonly idleMinutes: number;
}

export interface MadeKeys extends Opened {
  /** Null of a key that is derived from the password. */
  readonly keyRing: string | null;
  readonly recovery: OwnedWallet | null;
}

/** A label that the enclave's texts know, or a member's name, and a value. */
export type Fact = readonly [label: string, value: string];

/** A credential as the person recognises it. */
export interface Shown {
  readonly title: string;
  readonly issuer: string | null;
  /** Whether the network lists the issuer, and its signature is right. */
  readonly isVouched: boolean;
  readonly facts: readonly Fact[];
  /** Labels of the files in it. */
  readonly files: readonly string[];
  /** How many values are neither facts nor files that are named here. */
  readonly hidden: number;
  readonly concerns: readonly Concern[];
}

export interface ShareQuestion extends Asked {
  readonly credential: Shown;
  /** What the recipient calls itself; null of somebody whom the network does not list. */
  readonly name: string | null;
  readonly grantee: string;
  readonly fingerprint: string;
  /** Seconds since 1970; 0 for none. */
  readonly lockedUntil: number;
  readonly expiresAt: number;
}

export interface FilterQuestion extends Asked {
  readonly conditions: readonly {
    readonly path: readonly string[];
    readonly is: string;
    readonly values: readonly string[];
  }[];
  readonly count: number;
}

/** What a window does for the frame; one after the other. Rejects with `Declined` if the person says no. */
export interface Steps {
  create(
    argument: Asked & { readonly userId: string; readonly compatible: boolean; readonly chainId: string },
  ): MadeKeys;
  unlock(argument: Asked & { readonly holder: Holder; readonly seen: bigint }): Opened;
  /** The words themselves: the frame unlocks by them what is to be unlocked next. */
  recover(argument: Asked): { readonly words: string };
  share(argument: ShareQuestion): null;
  filter(argument: FilterQuestion): null;
  editAttribute(argument: Asked & { readonly key: string; readonly value: string }): {
    readonly value: string;
  };
  /** Unlocks once more, changes the ring, and has the frame store it (`storeKeyRing`). */
  change(
    argument: Asked & {
      readonly holder: Holder;
      readonly change: FactorChange;
      readonly seen: bigint;
      readonly chainId: string;
    },
  ): MadeKeys;
  /** Says how much of an export is there, and answers at once. */
  collecting(argument: { readonly items: number }): null;
  /** Offers a file, with how much is in it and how much could not be opened; answers when the person is done. */
  offer(
    argument: Asked & {
      readonly name: string;
      readonly file: Blob;
      readonly items: number;
      readonly failed: number;
    },
  ): null;
  /** Says what went wrong, and answers at once: the window stays until the person closes it. */
  fail(argument: { readonly message: string }): null;
}

/** The first message of a window to the frames of its opener. */
export interface WindowHello {
  readonly type: "idos-enclave:window";
  readonly ticket: string;
}

/** The answer of the frame that waits for it, with a port. */
export interface WindowWelcome {
  readonly type: "idos-enclave:attached";
  readonly ticket: string;
}
