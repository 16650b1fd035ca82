// What is remembered of people and sites: nothing secret, and nothing that has to be there. In the windows this is the
// storage of the enclave's origin, in the frame that of the site around it; browsers may refuse either, and then it is
// remembered as long as the document is there.

import type { KeptCheckpoint } from "idos-client";

const PREFIX = "idos-enclave:";
const MOST_ORIGINS = 500;
/** What storage refused, for as long as this document is there. */
const held = new Map<string, string>();

function read(key: string): unknown {
  try {
    return JSON.parse(held.get(key) ?? localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  const text = JSON.stringify(value);
  try {
    localStorage.setItem(PREFIX + key, text);
    held.delete(key);
  } catch {
    held.set(key, text);
  }
}

/** How far the network was followed here, if it was; anything else may be there. */
export function checkpointSeen(): unknown {
  return read("checkpoint");
}

/** Remembers how far the network was followed, and from where. */
export function rememberCheckpoint(kept: KeptCheckpoint): void {
  write("checkpoint", kept);
}

/** The newest revision of a person's key ring that was seen here; 0 if none was. */
export function revisionSeen(userId: string): bigint {
  const seen = read(`revision:${userId.toLowerCase()}`);
  return typeof seen === "string" && /^\d{1,20}$/.test(seen) ? BigInt(seen) : 0n;
}

/** Remembers a revision, if it is newer. */
export function rememberRevision(userId: string, revision: bigint): void {
  if (revision > revisionSeen(userId)) {
    write(`revision:${userId.toLowerCase()}`, revision.toString());
  }
}

function origins(userId: string): readonly string[] {
  const known = read(`origins:${userId.toLowerCase()}`);
  return Array.isArray(known) ? known.filter((it) => typeof it === "string") : [];
}

/** Whether this person let this site use their keys before. */
export function isKnownOrigin(userId: string, origin: string): boolean {
  return origins(userId).includes(origin);
}

/** Remembers that this person let this site use their keys. */
export function rememberOrigin(userId: string, origin: string): void {
  if (!isKnownOrigin(userId, origin)) {
    write(`origins:${userId.toLowerCase()}`, [...origins(userId), origin].slice(-MOST_ORIGINS));
  }
}
