import type { SignedWriteGrant, WalletName } from "idos-client";
import { asObject, keep, kept } from "./storage.ts";

/** A write grant that was signed, and whose issuer has not answered. */
export interface UnansweredGrant {
  readonly grant: SignedWriteGrant;
  /** Milliseconds since 1970. */
  readonly usableUntil: number;
}

/**
 * Where they are kept: a page that is loaded again asks by the same one, so that one request stays one credential. Whoever
 * reads it can have its issuer, and nobody else, make that credential in the person's stead, from what they say: so it
 * goes with the tab, and with whoever leaves.
 */
const NAME = "idos-write-grants";
const tab = () => sessionStorage;

const PARTS = [
  "owner",
  "grantee",
  "issuerPublicKey",
  "id",
  "accessGrantTimelock",
  "notUsableBefore",
  "notUsableAfter",
  "signature",
] as const satisfies readonly (keyof SignedWriteGrant)[];

const all = () => asObject(kept(NAME, tab)) ?? {};
const keyOf = ({ type, address }: WalletName, issuer: string) => `${type}:${address}:${issuer}`;

/** The grant of a wallet for an issuer; undefined if none is kept. */
export function unansweredGrant(wallet: WalletName, issuer: string): UnansweredGrant | undefined {
  const { grant, usableUntil } = asObject(all()[keyOf(wallet, issuer)]) ?? {};
  const parts = asObject(grant) ?? {};
  return PARTS.every((name) => typeof parts[name] === "string") && typeof usableUntil === "number"
    ? { grant: parts as unknown as SignedWriteGrant, usableUntil }
    : undefined;
}

/** Keeps it, as far as the browser lets it; undefined once it is answered. */
export function keepUnansweredGrant(
  wallet: WalletName,
  issuer: string,
  given: UnansweredGrant | undefined,
): void {
  keep(NAME, { ...all(), [keyOf(wallet, issuer)]: given }, tab);
}

/** Forgets all of them: whoever signed them left. */
export function forgetUnansweredGrants(): void {
  keep(NAME, undefined, tab);
}
