import { type RefObject, useLayoutEffect, useRef } from "react";
import { topLayer } from "./top-layer.ts";

/**
 * Once what had the focus is gone from the page: gives it back to where it was before, or to the heading of the dialog
 * on top, or of the screen, if that is gone too. Else who uses a keyboard, or a screen reader, begins again at the top of the page.
 */
export function restoreFocus(before: Element | null): void {
  // After React has taken away what goes.
  queueMicrotask(() => {
    const now = document.activeElement;
    const isLost = now === null || now === document.body;
    if (isLost && before instanceof HTMLElement && before !== document.body) {
      const place = before.isConnected ? before : heading();
      place?.focus({ preventScroll: true });
    }
  });
}

/** What may have the focus in any case: whatever lies outside of a dialog takes none. */
function heading(): HTMLElement | null {
  const ofDialog = topLayer.current()?.closest("dialog")?.querySelector<HTMLElement>("h2") ?? null;
  // Not before: it would have the focus first when the dialog opens.
  ofDialog?.setAttribute("tabindex", "-1");
  return ofDialog ?? document.querySelector<HTMLElement>(".screen h1");
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
