import { uuidBytes } from "../bytes/uuid.ts";
import { identityOf } from "../rows/identity.ts";
import { keyIn, LISTS, partyKeysKey } from "../rows/leaves.ts";
import type { RowOf } from "../rows/tables.ts";
import type { Checker, Page } from "./checker.ts";

/** What a view is answered from: checked claims, who asks, and when. */
export interface Evidence {
  readonly checker: Checker;
  /** The caller's text; empty for nobody. */
  readonly caller: string;
  /** When the block was made, in seconds since 1970. */
  readonly certified: number;
  /** The same by the caller's clock, if that is later. */
  readonly now: number;
}

/** What answers a question from claims, in the order in which the node has to prove them. */
export type View<T> = (evidence: Evidence) => T;

export type CredentialRow = RowOf<"credentials">;
export type GrantRow = RowOf<"access_grants">;
export type PartyRow = RowOf<"parties">;
export type PartyKeysRow = RowOf<"party_keys">;

/** A credential, and what says that it is a copy. */
export interface CredentialFound {
  readonly credential: CredentialRow;
  readonly copy: RowOf<"shared_credentials"> | undefined;
}

/** A credential that was shared with the caller. */
export interface SharedFound {
  /** What lets the caller read it. */
  readonly grant: GrantRow;
  readonly credential: CredentialRow;
  readonly content: string;
  readonly copy: RowOf<"shared_credentials"> | undefined;
  /** What it is a copy of, for its public notes. */
  readonly original: CredentialRow | undefined;
}

/** A page of the grants to the caller. */
export interface GrantPageFound {
  /** Oldest first, without those that ended. */
  readonly grants: readonly GrantRow[];
  /** How many grants to the caller there are, of all owners, ended ones that are still there included. */
  readonly total: number;
  /** Whether it is proved that no grant is left out of the page. */
  readonly isComplete: boolean;
}

/** A party with keys that it published. */
export interface PartyFound {
  readonly party: PartyRow;
  readonly keys: PartyKeysRow | undefined;
}

/** Whose wallet the caller is. */
function person({ checker, caller }: Evidence): string | undefined {
  if (caller === "") {
    return undefined;
  }
  return checker.list("wallets", LISTS.walletOf(identityOf(caller)))[0]?.row.userId;
}

/** `get_user`. */
export const userView: View<RowOf<"users"> | undefined> = (evidence) => {
  const id = person(evidence);
  return id === undefined
    ? undefined
    : evidence.checker.row("users", keyIn(LISTS.all("users"), uuidBytes(id)))?.row;
};

/** `get_wallets`. */
export const walletsView: View<readonly RowOf<"wallets">[]> = (evidence) => {
  const id = person(evidence);
  return id === undefined ? [] : inOrder(evidence.checker.list("wallets", LISTS.wallets(id)));
};

/** `get_credentials`. */
export const credentialsView: View<readonly CredentialFound[]> = (evidence) => {
  const id = person(evidence);
  if (id === undefined) {
    return [];
  }
  const credentials = inOrder(evidence.checker.list("credentials", LISTS.credentials(id)));
  return credentials.map((credential) => ({ credential, copy: copyOf(evidence, credential.id) }));
};

/** `get_credential_owned`. */
export function credentialOwnedView(
  id: string,
): View<{ readonly credential: CredentialRow; readonly content: string } | undefined> {
  return (evidence) => {
    const owner = person(evidence);
    return owner === undefined ? undefined : credentialOf(evidence, id, owner);
  };
}

/** `get_credential_shared`. */
export function credentialSharedView(id: string): View<SharedFound | undefined> {
  return (evidence) => {
    const { checker, caller, certified, now } = evidence;
    if (caller === "") {
      return undefined;
    }
    const permits = (grant: GrantRow, at: number) => grant.dataId === id && isLive(grant, at);
    const grants = checker.grantsOn(caller, permits, certified, now);
    const grant = grants.find((it) => permits(it.row, now))?.row;
    if (grant === undefined) {
      return undefined;
    }
    const found = credentialOf(evidence, id, grant.owner);
    if (found === undefined) {
      return undefined;
    }
    const copy = copyOf(evidence, id);
    const originalId = copy?.originalId ?? null;
    const key = (original: string) => keyIn(LISTS.credentials(grant.owner), uuidBytes(original));
    const original = originalId === null ? undefined : checker.row("credentials", key(originalId))?.row;
    return { ...found, grant, copy, original };
  };
}

/** An attribute, and what it is a copy of. */
export interface AttributeFound {
  readonly attribute: RowOf<"user_attributes">;
  readonly originalId: string | null;
}

/** `get_attributes`. */
export const attributesView: View<readonly AttributeFound[]> = (evidence) => {
  const id = person(evidence);
  if (id === undefined) {
    return [];
  }
  const attributes = inOrder(evidence.checker.list("user_attributes", LISTS.attributes(id)));
  return attributes.map((attribute) => withOriginal(evidence, attribute));
};

/** `get_attribute_shared`. */
export function attributeSharedView(id: string): View<AttributeFound | undefined> {
  return (evidence) => {
    const { checker, caller } = evidence;
    if (caller === "") {
      return undefined;
    }
    const grant = checker.row("attribute_grants", keyIn(LISTS.attributeGrantsTo(caller), uuidBytes(id)))?.row;
    if (grant === undefined) {
      return undefined;
    }
    const found = checker.row("user_attributes", keyIn(LISTS.attributes(grant.owner), uuidBytes(id)));
    return found === undefined ? undefined : withOriginal(evidence, found.row);
  };
}

/** `get_access_grants_owned`. */
export const grantsOwnedView: View<readonly GrantRow[]> = (evidence) => {
  const id = person(evidence);
  if (id === undefined) {
    return [];
  }
  const grants = inOrder(evidence.checker.list("access_grants", LISTS.grantsOwned(id)));
  return grants.filter((grant) => isLive(grant, evidence.now));
};

/** `get_access_grants_granted`. */
export function grantsGrantedView(owner: string | undefined, page: Page): View<GrantPageFound> {
  return ({ checker, caller, now }) => {
    if (caller === "") {
      return { grants: [], total: 0, isComplete: true };
    }
    const found = checker.grants(caller, page, owner === undefined);
    const total = found.isAll ? found.grants.length : found.total;
    const grants = found.grants
      .map((it) => it.row)
      .filter((grant) => owner === undefined || grant.owner === owner)
      .sort((one, other) => compare(one.height, other.height) || compare(one.id, other.id));
    // A part of the list is the page itself.
    const offset = found.isAll ? page.offset : 0;
    const cut = grants.slice(offset, offset + page.rows);
    return { grants: cut.filter((grant) => isLive(grant, now)), total, isComplete: found.isAll };
  };
}

/** `get_party`. */
export function partyView(id: string): View<PartyFound | undefined> {
  return (evidence) => {
    const party = partyOf(evidence, id);
    return party === undefined ? undefined : { party, keys: currentKeys(evidence, party) };
  };
}

/** `get_parties`. */
export function partiesView(
  role: "issuer" | "consumer" | "operator" | undefined,
  page: Page,
): View<readonly PartyFound[]> {
  return (evidence) => {
    const parties = inOrder(evidence.checker.list("parties", LISTS.all("parties")));
    const asked = parties.filter((party) => role === undefined || party[role]);
    const cut = asked.slice(page.offset, page.offset + page.rows);
    return cut.map((party) => ({ party, keys: currentKeys(evidence, party) }));
  };
}

function credentialOf(
  { checker }: Evidence,
  id: string,
  owner: string,
): { readonly credential: CredentialRow; readonly content: string } | undefined {
  const found = checker.row("credentials", keyIn(LISTS.credentials(owner), uuidBytes(id)), true);
  return found === undefined ? undefined : { credential: found.row, content: found.content ?? "" };
}

function withOriginal({ checker }: Evidence, attribute: RowOf<"user_attributes">): AttributeFound {
  const list = LISTS.all("shared_user_attributes");
  const copy = checker.row("shared_user_attributes", keyIn(list, uuidBytes(attribute.id)));
  return { attribute, originalId: copy?.row.originalId ?? null };
}

function copyOf({ checker }: Evidence, id: string): RowOf<"shared_credentials"> | undefined {
  return checker.row("shared_credentials", keyIn(LISTS.all("shared_credentials"), uuidBytes(id)))?.row;
}

function partyOf({ checker }: Evidence, id: string): PartyRow | undefined {
  return checker.row("parties", keyIn(LISTS.all("parties"), uuidBytes(id)))?.row;
}

/** Before the first version there are none, as everybody knows without proof. */
function currentKeys({ checker }: Evidence, party: PartyRow): PartyKeysRow | undefined {
  return party.version === 0n
    ? undefined
    : checker.row("party_keys", partyKeysKey(party.id, party.version))?.row;
}

/** Whether a grant still permits reading at a time in seconds since 1970. */
function isLive(grant: GrantRow, now: number): boolean {
  return grant.expiresAt === 0n || BigInt(now) < grant.expiresAt;
}

/** Rows in the order in which they were first written. */
function inOrder<F>(found: readonly { readonly place: bigint; readonly row: F }[]): F[] {
  return [...found].sort((one, other) => compare(one.place, other.place)).map((it) => it.row);
}

function compare<T extends bigint | string>(one: T, other: T): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
