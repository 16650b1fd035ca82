import type { AccessGrant, Credential, Party } from "idos-client";
import { shownName } from "idos-kit/names";
import { TEXTS } from "../texts.ts";
import { type CredentialFacts, credentialFacts } from "./credential-facts.ts";
import { isSame } from "./renewal.ts";
import { shortAddress } from "./wallets.ts";

/** What a credential is called on this page. */
export function credentialName({ type }: Pick<CredentialFacts, "type">): string {
  return type === undefined ? (TEXTS.types["untitled"] ?? "") : (known(TEXTS.types, type) ?? humanised(type));
}

/** A status as it is shown. */
export function statusName(status: string): string {
  return known(TEXTS.statuses, status) ?? humanised(status);
}

/** Who a grantee is: what a party calls itself, or the address. */
export function granteeName(grantee: string, parties: readonly Party[]): string {
  return ownName(partyOf(grantee, parties)) ?? shortAddress(grantee);
}

/** Who a party is: what it calls itself, or its address. */
export function partyName(party: Party): string {
  return ownName(party) ?? party.address;
}

function ownName(party: Party | undefined): string | undefined {
  return shownName(party?.keys?.name ?? "");
}

/**
 * What a grant lets its grantee read: the name of the original, as far as it is still there. Of credentials that are not
 * known (undefined) nothing can be said.
 */
export function whatIsShared(grant: AccessGrant, credentials: readonly Credential[] | undefined): string {
  if (credentials === undefined) {
    return TEXTS.shared.notKnownYet;
  }
  const shared = credentials.find((it) => it.id === grant.dataId);
  const original = credentials.find((it) => it.id === (shared?.originalId ?? shared?.id));
  return original === undefined
    ? TEXTS.shared.unknownWhat
    : credentialName(credentialFacts(original.publicNotes));
}

/** The party with this address. */
export function partyOf(grantee: string, parties: readonly Party[]): Party | undefined {
  return parties.find((party) => isSame(party.address, grantee));
}

function known(names: Readonly<Record<string, string>>, key: string): string | undefined {
  const name = key.toLowerCase();
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** `proofOfAddress` and `proof_of_address` become "Proof of address". */
export function humanised(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .trim()
    .toLowerCase();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
