import type { AccessGrant, Credential } from "idos-client";
import { factsOf } from "./credential-facts.ts";
import { isLocked } from "./locks.ts";

/** An offer: a grantee has an older version than the person. */
export interface Renewal {
  /** What was shared. */
  readonly old: Credential;
  /** What replaces it. */
  readonly next: Credential;
  /** The grant that is still live. */
  readonly grant: AccessGrant;
}

/**
 * The grants whose grantees have an older version. A credential replaces another if its notes have a member `replaces`
 * with the `id` of the other's notes, and both are of one issuer key (`docs/sdk.md`).
 */
export function renewals(
  credentials: readonly Credential[],
  grants: readonly AccessGrant[],
): readonly Renewal[] {
  const byId = new Map(credentials.map((it) => [it.id, it]));
  const isRead = readers(credentials, grants);
  return grants.flatMap((grant) => {
    const old = byId.get(byId.get(grant.dataId)?.originalId ?? "");
    const next = old === undefined ? undefined : successorOf(old, credentials);
    return old === undefined || next === undefined || isRead(grant.grantee, next)
      ? []
      : [{ old, next, grant }];
  });
}

/** Tells whether somebody may read a copy of an original. */
export function readers(
  credentials: readonly Credential[],
  grants: readonly AccessGrant[],
): (grantee: string, original: Credential) => boolean {
  const originals = new Map(credentials.map((it) => [it.id, it.originalId]));
  const pairs = new Set(grants.map((it) => pair(originals.get(it.dataId) ?? "", it.grantee.toLowerCase())));
  return (grantee, original) => pairs.has(pair(original.id, grantee.toLowerCase()));
}

/** What replaces what in one list of credentials. */
interface Versions {
  /** By issuer key and `replaces`; two at most, since one of them may be the one that is asked for. */
  readonly next: ReadonlyMap<string, readonly Credential[]>;
  /** What was found already, by the id of what it replaces in the end. */
  readonly newest: Map<string, Credential | undefined>;
}

/** By list: it is asked for each of its credentials, whenever they are shown. */
const versions = new WeakMap<readonly Credential[], Versions>();

function versionsIn(credentials: readonly Credential[]): Versions {
  const known = versions.get(credentials);
  if (known !== undefined) {
    return known;
  }
  const next = new Map<string, Credential[]>();
  for (const it of credentials) {
    const { replaces } = factsOf(it);
    if (!it.isCopy && replaces !== undefined) {
      const name = pair(it.issuerAuthPublicKey, replaces);
      const all = next.get(name) ?? [];
      next.set(name, all);
      if (all.length < 2) {
        all.push(it);
      }
    }
  }
  const made = { next, newest: new Map<string, Credential | undefined>() };
  versions.set(credentials, made);
  return made;
}

/** The newest of the versions that replace an original, one after the other; undefined if none does. */
export function successorOf(old: Credential, credentials: readonly Credential[]): Credential | undefined {
  const { next, newest } = versionsIn(credentials);
  const after = (at: Credential) => {
    const { id } = factsOf(at);
    const all = id === undefined ? undefined : next.get(pair(at.issuerAuthPublicKey, id));
    return all?.find((it) => it.id !== at.id);
  };
  // Notes could name each other in a circle: it is gone through once, and nothing in it is the newest.
  const seen = new Set<string>();
  let at = old;
  while (!newest.has(at.id) && !seen.has(at.id)) {
    seen.add(at.id);
    at = after(at) ?? at;
  }
  const last = newest.get(at.id) ?? at;
  let isLast = false;
  for (const id of seen) {
    isLast ||= id === at.id;
    newest.set(id, isLast ? undefined : last);
  }
  return newest.get(old.id);
}

function pair(one: string, other: string): string {
  return JSON.stringify([one, other]);
}

/** On which terms the newer version is shared: lock and end of the older grant, as far as they lie ahead. */
export function renewalTerms(grant: AccessGrant, now: number): { lockedUntil: number; expiresAt: number } {
  const expiresAt = grant.expiresAt ?? 0;
  return {
    lockedUntil: isLocked(grant, now) ? grant.lockedUntil : 0,
    expiresAt: expiresAt > now ? expiresAt : 0,
  };
}

/** Grantees compare ignoring the case of letters. */
export function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
