// What is remembered of people and sites: nothing secret, and nothing that has to be there. In the windows this is the
// storage of the enclave's origin, in the frame that of the site around it; browsers may refuse either.

const PREFIX = "idos-enclave:";
const MOST_ORIGINS = 500;

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Then it is asked again the next time.
  }
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
