import type { Mutation, MutationCache } from "@tanstack/react-query";

/** What marks a mutation as something that changes what the network has. */
export const WRITE = { isWrite: true };

/**
 * Tells of writes that fail when nothing shows them any more: the dialog in which they began is closed, or its screen
 * left, and they went on. What was forgotten with its person is not told to the next one. Ends by the function returned.
 */
export function watchUnseen(cache: MutationCache, tell: (error: Error) => void): () => void {
  const shown = new Set<Mutation>();
  return cache.subscribe((event) => {
    const { mutation, type } = event;
    if (type === "observerAdded") {
      shown.add(mutation);
    } else if (type === "observerRemoved" || type === "removed") {
      shown.delete(mutation);
    } else if (type === "updated" && event.action.type === "error") {
      const isKept = cache.getAll().includes(mutation);
      if (isKept && !shown.has(mutation) && mutation.meta?.["isWrite"] === WRITE.isWrite) {
        tell(event.action.error);
      }
    }
  });
}
