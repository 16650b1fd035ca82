import type { SignedWriteGrant, WalletName } from "idos-client";
import { type Account, isSameAccount, type ToldAccount } from "../rules/wallets.ts";
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

const keyOf = ({ type, address }: Account, issuer: string) => `${type}:${address}:${issuer}`;

function isOf(key: string, wallet: ToldAccount): boolean {
  // Neither has a colon.
  const [type = "", address = ""] = key.split(":");
  return isSameAccount(wallet, { type, address });
}

function isOver(given: unknown): boolean {
  const { usableUntil } = asObject(given) ?? {};
  return typeof usableUntil !== "number" || usableUntil <= Date.now();
}

/** Keeps those of some keys, and gives them. What nobody can use any more goes. */
function retain(isKept: (key: string) => boolean): Readonly<Record<string, unknown>> {
  const all = Object.entries(asObject(kept(NAME, tab)) ?? {});
  const left = all.filter(([key, given]) => isKept(key) && !isOver(given));
  const retained = Object.fromEntries(left);
  if (left.length < all.length) {
    keep(NAME, left.length === 0 ? undefined : retained, tab);
  }
  return retained;
}

/** The grant of a wallet for an issuer; undefined if none is kept that can be used. */
export function unansweredGrant(wallet: WalletName, issuer: string): UnansweredGrant | undefined {
  const { grant, usableUntil } = asObject(retain(() => true)[keyOf(wallet, issuer)]) ?? {};
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
  const key = keyOf(wallet, issuer);
  const others = retain((it) => it !== key);
  if (given !== undefined) {
    keep(NAME, { ...others, [key]: given }, tab);
  }
}

/** Forgets those of a wallet: whoever has it left. */
export function forgetUnansweredGrantsOf(wallet: ToldAccount): void {
  retain((key) => !isOf(key, wallet));
}

/** Forgets those of all other wallets: whoever has this one is here now. */
export function forgetUnansweredGrantsOfOthers(wallet: Account): void {
  retain((key) => isOf(key, wallet));
}

/** Forgets all of them: whoever signed them left. */
export function forgetUnansweredGrants(): void {
  keep(NAME, undefined, tab);
}
