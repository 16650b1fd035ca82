import type { WalletName } from "idos-client";
import type { Created, OwnedWallet } from "idos-client/enclave";
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
  /** Whether the person has settled the question of a first credential. */
  readonly isSettled: boolean;
}

const name = ({ type, address }: WalletName) => `idos-onboarding:${type}:${address}`;

/** Where the person of a wallet stands; undefined if they have not begun, or are through. */
export function keptDraft(wallet: WalletName): Draft | undefined {
  const { issuerUrl, userId, keys, isSettled } = asObject(kept(name(wallet))) ?? {};
  const created = keys === null ? null : asCreated(keys);
  return typeof issuerUrl === "string" && typeof userId === "string" && created !== undefined
    ? { issuerUrl, userId, keys: created, isSettled: isSettled === true }
    : undefined;
}

export function keepDraft(wallet: WalletName, draft: Draft | undefined): void {
  keep(name(wallet), draft);
}

function asCreated(value: unknown): Created | undefined {
  const { encryptionPublicKey, keyRing, recovery } = asObject(value) ?? {};
  const owned = recovery === null ? null : asOwnedWallet(recovery);
  const isRing = keyRing === null || typeof keyRing === "string";
  return typeof encryptionPublicKey === "string" && isRing && owned !== undefined
    ? { encryptionPublicKey, keyRing, recovery: owned }
    : undefined;
}

function asOwnedWallet(value: unknown): OwnedWallet | undefined {
  const { publicKey, message, signature } = asObject(value) ?? {};
  return typeof publicKey === "string" && typeof message === "string" && typeof signature === "string"
    ? { publicKey, message, signature }
    : undefined;
}
