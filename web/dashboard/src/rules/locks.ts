import type { AccessGrant, Credential } from "idos-client";

/** Whether the owner cannot revoke a grant yet: a lock includes its last second. */
export function isLocked(grant: AccessGrant, now: number): boolean {
  return grant.lockedUntil >= now && grant.lockedUntil !== 0;
}

/** Something that stays although its owner deletes it. */
export interface Held {
  readonly grant: AccessGrant;
  /** Seconds since 1970. */
  readonly until: number;
}

/** The grants on copies of an original, and on the original itself. */
export function grantsOn(
  originalId: string,
  credentials: readonly Credential[],
  grants: readonly AccessGrant[],
): readonly AccessGrant[] {
  const copies = new Set(credentials.filter((it) => it.originalId === originalId).map((it) => it.id));
  return grants.filter((grant) => grant.dataId === originalId || copies.has(grant.dataId));
}

/** How many grants are on each original and its copies, by its id: what `grantsOn` gives for all of them at once. */
export function grantCounts(
  credentials: readonly Credential[],
  grants: readonly AccessGrant[],
): ReadonlyMap<string, number> {
  const originals = new Map(credentials.map((it) => [it.id, it.originalId ?? it.id]));
  const counts = new Map<string, number>();
  for (const { dataId } of grants) {
    const original = originals.get(dataId) ?? dataId;
    counts.set(original, (counts.get(original) ?? 0) + 1);
  }
  return counts;
}

/** What stays readable for its grantees if these grants were to end now, the longest first. */
export function heldBy(grants: readonly AccessGrant[], now: number): readonly Held[] {
  return grants
    .filter((grant) => isLocked(grant, now))
    .map((grant) => ({ grant, until: grant.lockedUntil }))
    .sort((one, other) => other.until - one.until);
}

/** How long a lock may be: presets in days. The network takes at most ten years. */
export const LOCK_DAYS: readonly number[] = [0, 30, 180, 365, 1825];

/** Days after which a grant may end by itself; 0 for never. */
export const END_DAYS: readonly number[] = [0, 30, 90, 365, 1825];

const DAY_SECONDS = 86_400;

/** A number of days from now, in seconds since 1970; 0 stays 0. */
export function daysFrom(now: number, days: number): number {
  return days === 0 ? 0 : now + days * DAY_SECONDS;
}

/** Whether a grant may end by itself then: only after its lock, whose last second is locked too. */
export function isEndAllowed(lockedUntil: number, expiresAt: number): boolean {
  return expiresAt === 0 || expiresAt > lockedUntil;
}
