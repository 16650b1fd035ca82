// The Web Locks of one browser, for environments without: a lock is held, or it is not to be had.
import { vi } from "vitest";

/** Puts locks in place; `release` of `vi.unstubAllGlobals` takes them away. */
export function withLocks(): { readonly held: Set<string> } {
  const held = new Set<string>();
  const request = async (
    name: string,
    _options: { readonly ifAvailable: true },
    work: (lock: object | null) => Promise<unknown>,
  ) => {
    if (held.has(name)) {
      return work(null);
    }
    held.add(name);
    try {
      return await work({ name });
    } finally {
      held.delete(name);
    }
  };
  vi.stubGlobal("navigator", { locks: { request } });
  return { held };
}
