import { useLayoutEffect, useRef } from "react";
import { TEXTS } from "../texts.ts";

/** To the page before, and to the next one. */
export function Paging({
  page,
  isLast,
  isUntold,
  onPage,
}: {
  readonly page: number;
  readonly isLast: boolean;
  /** Whether it is not known yet if this is the last page: nobody goes on, and the focus stays for when they can. */
  readonly isUntold: boolean;
  readonly onPage: (page: number) => void;
}) {
  const previous = useRef<HTMLButtonElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  const isFirst = page === 1;
  // A button that can be pressed no more loses the focus: it goes on to the other one.
  useLayoutEffect(() => {
    const focused = document.activeElement;
    if (isFirst && focused === previous.current) {
      next.current?.focus();
    } else if (isLast && focused === next.current) {
      previous.current?.focus();
    }
  }, [isFirst, isLast]);
  return (
    <nav className="row" aria-label={TEXTS.received.page(page)}>
      <button
        ref={previous}
        type="button"
        className="button"
        disabled={isFirst}
        onClick={() => onPage(page - 1)}
      >
        {TEXTS.received.previous}
      </button>
      <span className="muted">{TEXTS.received.page(page)}</span>
      <button
        ref={next}
        type="button"
        className="button"
        disabled={isLast}
        aria-disabled={isUntold}
        onClick={() => {
          if (!isUntold) {
            onPage(page + 1);
          }
        }}
      >
        {TEXTS.received.next}
      </button>
    </nav>
  );
}
