/** What pages take for a ring of this revision, by any name. Nothing opens it. */
export function ring(name: string, revision = 1): string {
  return btoa(`idOSring\x01${"\0".repeat(23)}${String.fromCharCode(revision)}${name}`);
}

export const RING = ring("ring");
