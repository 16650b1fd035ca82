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

/** What an original is called, with what tells it from others of this name: its last day, else its mark. */
export function nameAmong(original: Credential, credentials: readonly Credential[]): string {
  const facts = factsOf(original);
  const name = credentialName(facts);
  const hasNamesake = (namesakes(credentials).get(name) ?? 0) > 1;
  const dated =
    hasNamesake && facts.expires !== undefined ? TEXTS.shared.until(name, shownDay(facts.expires)) : name;
  const mark = markAmong(original, credentials);
  return mark === undefined ? dated : `${dated} (${mark})`;
}

/** The end of the id of an original, if the person has another one of its name with the same last day. */
export function markAmong(original: Credential, credentials: readonly Credential[]): string | undefined {
  const same = namesakes(credentials).get(nameAndDay(original)) ?? 0;
  return same > 1 ? `…${(factsOf(original).id ?? original.id).slice(-MARK)}` : undefined;
}

/** How many characters of an id tell one from others. */
const MARK = 8;

/** How many originals have each name, and each name with the same last day; by list, as those of parties. */
const counted = new WeakMap<readonly Credential[], ReadonlyMap<string, number>>();

function namesakes(credentials: readonly Credential[]): ReadonlyMap<string, number> {
  const known = counted.get(credentials);
  if (known !== undefined) {
    return known;
  }
  const counts = new Map<string, number>();
  for (const it of credentials.filter(({ isCopy }) => !isCopy)) {
    for (const key of [credentialName(factsOf(it)), nameAndDay(it)]) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  counted.set(credentials, counts);
  return counts;
}

/** A key that is no name: those have one line. */
function nameAndDay(original: Credential): string {
  const facts = factsOf(original);
  return `${credentialName(facts)}\n${facts.expires?.getTime() ?? ""}`;
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
