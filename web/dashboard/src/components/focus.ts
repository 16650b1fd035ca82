import { type RefObject, useLayoutEffect, useRef } from "react";

/**
 * Once what had the focus is gone from the page: gives it back to where it was before, or to the heading of the screen if
 * that is gone too. Else who uses a keyboard, or a screen reader, begins again at the top of the page.
 */
export function restoreFocus(before: Element | null): void {
  // After React has taken away what goes.
  queueMicrotask(() => {
    const now = document.activeElement;
    const isLost = now === null || now === document.body;
    if (isLost && before instanceof HTMLElement && before !== document.body) {
      const place = before.isConnected ? before : document.querySelector<HTMLElement>(".screen h1");
      place?.focus({ preventScroll: true });
    }
  });
}

/** For what may go by itself: if it goes while something in it has the focus, that goes on to the heading of the screen. */
export function useFocusKept<Item extends Element>(): RefObject<Item | null> {
  const item = useRef<Item>(null);
  useLayoutEffect(() => {
    const box = item.current;
    return () => {
      const focused = document.activeElement;
      if (box?.contains(focused) === true) {
        restoreFocus(focused);
      }
    };
  }, []);
  return item;
}
