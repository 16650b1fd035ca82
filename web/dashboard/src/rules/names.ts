import type { AccessGrant, Credential, Party } from "idos-client";
import { shownName } from "idos-kit/names";
import { TEXTS } from "../texts.ts";
import { type CredentialFacts, factsOf } from "./credential-facts.ts";
import { shownDay } from "./dates.ts";
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
  const party = partyOf(grantee, parties);
  return party === undefined ? shortAddress(grantee) : (toldApart(party, parties) ?? shortAddress(grantee));
}

/** Who a party is: what it calls itself, or its address. */
export function partyName(party: Party, parties: readonly Party[]): string {
  return toldApart(party, parties) ?? party.address;
}

/** What a party calls itself, with its address if another one calls itself the same. */
function toldApart(party: Party, parties: readonly Party[]): string | undefined {
  const name = ownName(party);
  return name !== undefined && sharedNames(parties).has(folded(name))
    ? `${name} (${shortAddress(party.address)})`
    : name;
}

/** The names that several parties have, by list: it is long, and asked for each of its parties. */
const namesOfSeveral = new WeakMap<readonly Party[], ReadonlySet<string>>();

function sharedNames(parties: readonly Party[]): ReadonlySet<string> {
  const known = namesOfSeveral.get(parties);
  if (known !== undefined) {
    return known;
  }
  const [once, several] = [new Set<string>(), new Set<string>()];
  for (const party of parties) {
    const name = folded(ownName(party) ?? "");
    (once.has(name) ? several : once).add(name);
  }
  namesOfSeveral.set(parties, several);
  return several;
}

/** The same for names that look the same but for their case and their spaces. */
function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase().replace(/\s+/g, " ");
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
  const original = shared?.isCopy ? credentials.find((it) => it.id === shared.originalId) : shared;
  return original === undefined ? TEXTS.shared.unknownWhat : nameAmong(original, credentials);
}

/** What an original is called, with its last day if the person has another of this name. */
function nameAmong(original: Credential, credentials: readonly Credential[]): string {
  const facts = factsOf(original);
  const name = credentialName(facts);
  const isNamesake = (it: Credential) =>
    it.id !== original.id && !it.isCopy && credentialName(factsOf(it)) === name;
  return facts.expires !== undefined && credentials.some(isNamesake)
    ? TEXTS.shared.until(name, shownDay(facts.expires))
    : name;
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
