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
  const originalOf = (grant: AccessGrant) => {
    const original = byId.get(grant.dataId)?.originalId;
    return original === undefined || original === null ? undefined : byId.get(original);
  };
  return grants.flatMap((grant) => {
    const old = originalOf(grant);
    const next = old === undefined ? undefined : successorOf(old, originals);
    if (old === undefined || next === undefined) {
      return [];
    }
    const hasNext = grants.some((it) => isSame(it.grantee, grant.grantee) && originalOf(it)?.id === next.id);
    return hasNext ? [] : [{ old, next, grant }];
  });
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
