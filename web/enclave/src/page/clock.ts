/** Milliseconds between two looks at the clock. */
const LOOK_MILLIS = 10_000;

/**
 * Calls every few seconds, and at once when somebody may look at this document again. Timers do not run while a machine
 * sleeps: what was to end meanwhile ends now, before it is seen.
 */
export function onClock(look: () => void): void {
  document.addEventListener("visibilitychange", look);
  for (const event of ["focus", "pageshow"]) {
    addEventListener(event, look);
  }
  setInterval(look, LOOK_MILLIS);
}
