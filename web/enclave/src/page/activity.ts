/**
 * Milliseconds between two calls: people type faster than anything that is kept in minutes has to know, and each call
 * writes to storage.
 */
const LEAST_MILLIS = 5_000;

/** Calls when the person clicks, touches or types in this document. */
export function onActivity(act: () => void): void {
  let last = Number.NEGATIVE_INFINITY;
  const listener = () => {
    const now = performance.now();
    if (now - last >= LEAST_MILLIS) {
      last = now;
      act();
    }
  };
  for (const event of ["pointerdown", "keydown"]) {
    // Before what is clicked can stop it.
    addEventListener(event, listener, { capture: true });
  }
}
