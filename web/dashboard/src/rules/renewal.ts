import type { AccessGrant, Credential } from "idos-client";
import { credentialFacts } from "./credential-facts.ts";
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
  const originals = credentials.filter((it) => it.originalId === null);
  return grants.flatMap((grant) => {
    const old = byId.get(byId.get(grant.dataId)?.originalId ?? "");
    const next = old === undefined ? undefined : successorOf(old, originals);
    return old === undefined || next === undefined || isSharedWith(grant.grantee, next, credentials, grants)
      ? []
      : [{ old, next, grant }];
  });
}

/** Whether somebody may read a copy of an original. */
export function isSharedWith(
  grantee: string,
  original: Credential,
  credentials: readonly Credential[],
  grants: readonly AccessGrant[],
): boolean {
  const copies = new Set(credentials.filter((it) => it.originalId === original.id).map((it) => it.id));
  return grants.some((it) => isSame(it.grantee, grantee) && copies.has(it.dataId));
}

/** The newest of the versions that replace an original, one after the other; undefined if none does. */
export function successorOf(old: Credential, originals: readonly Credential[]): Credential | undefined {
  let at = old;
  // No further than there are credentials: notes could name each other in a circle.
  for (const _ of originals) {
    const { id } = credentialFacts(at.publicNotes);
    const next =
      id === undefined
        ? undefined
        : originals.find(
            (it) =>
              it.id !== at.id &&
              it.issuerAuthPublicKey === at.issuerAuthPublicKey &&
              credentialFacts(it.publicNotes).replaces === id,
          );
    if (next === undefined) {
      break;
    }
    at = next;
  }
  return at.id === old.id ? undefined : at;
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
