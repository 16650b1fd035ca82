import type { WalletName } from "idos-client";
import type { Created } from "idos-client/enclave";
import { TEXTS } from "../texts.ts";
import { asOwnedWallet } from "./recovery-wallet.ts";
import { asObject, keep, kept } from "./storage.ts";

/**
 * Where somebody who is joining stands, so that a page that is loaded again goes on there. Nothing in it is secret: the
 * key ring is wrapped by what only the person has.
 */
export interface Draft {
  readonly issuerUrl: string;
  readonly userId: string;
  /** Null before the enclave made keys. */
  readonly keys: Created | null;
}

const name = ({ type, address }: WalletName) => `idos-onboarding:${type}:${address}`;

/** Where the person of a wallet stands; undefined if they have not begun, or are through. */
export function keptDraft(wallet: WalletName): Draft | undefined {
  const { issuerUrl, userId, keys } = asObject(kept(name(wallet))) ?? {};
  const created = keys === null ? null : asCreated(keys);
  return typeof issuerUrl === "string" && typeof userId === "string" && created !== undefined
    ? { issuerUrl, userId, keys: created }
    : undefined;
}

/** Joining cannot go on from what this browser keeps. The message says what to do. */
export class DraftError extends Error {
  override readonly name = "DraftError";
}

/**
 * Keeps where the person stands. Throws a `DraftError` if the browser does not let it: keys that are not kept would be
 * lost with the page, and a profile that shows them with them.
 */
export function keepDraft(wallet: WalletName, draft: Draft): void {
  if (!keep(name(wallet), draft)) {
    throw new DraftError(TEXTS.onboarding.notKept);
  }
}

/** Forgets where the person stands. */
export function dropDraft(wallet: WalletName): void {
  keep(name(wallet), undefined);
}

/** Begins, or goes on with what another tab of this browser has begun. Throws as `keepDraft`. */
export function begunDraft(wallet: WalletName, issuerUrl: string): Draft {
  const begun = keptDraft(wallet);
  if (begun !== undefined) {
    return begun;
  }
  const draft: Draft = { issuerUrl, userId: crypto.randomUUID(), keys: null };
  keepDraft(wallet, draft);
  return draft;
}

/**
 * Does a step from the draft as it is kept now, whatever this tab has seen of it, while no other tab does one. Rejects
 * with a `DraftError` if another tab does, or if nothing is kept.
 */
export function withDraft<T>(wallet: WalletName, work: (draft: Draft) => Promise<T>): Promise<T> {
  return navigator.locks.request(name(wallet), { ifAvailable: true }, async (lock) => {
    if (lock === null) {
      throw new DraftError(TEXTS.onboarding.otherTab);
    }
    const draft = keptDraft(wallet);
    if (draft === undefined) {
      throw new DraftError(TEXTS.onboarding.draftGone);
    }
    return work(draft);
  });
}

function asCreated(value: unknown): Created | undefined {
  const { encryptionPublicKey, keyRing, recovery } = asObject(value) ?? {};
  const owned = recovery === null ? null : asOwnedWallet(recovery);
  const isRing = keyRing === null || typeof keyRing === "string";
  return typeof encryptionPublicKey === "string" && isRing && owned !== undefined
    ? { encryptionPublicKey, keyRing, recovery: owned }
    : undefined;
}
