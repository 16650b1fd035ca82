import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { TEXTS } from "../texts.ts";

/** Whether some screen was shown before this one: then its heading takes the focus, as after a page load. */
let isLater = false;

/** A screen: its heading, what it is for, and its content. */
export function Screen({
  title,
  lead,
  actions,
  isWithinData = false,
  children,
}: {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly actions?: ReactNode;
  /** Whether it is in no menu, but a place of My data: then there is a way back. */
  readonly isWithinData?: boolean;
  readonly children: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${TEXTS.product}`;
  }, [title]);
  useEffect(() => {
    if (isLater) {
      heading.current?.focus();
    }
    isLater = true;
  }, []);
  return (
    <div className="screen">
      <header className="screen-head">
        <div>
          {isWithinData ? (
            <Link to="/" className="small">
              ← {TEXTS.nav.data}
            </Link>
          ) : null}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead === undefined ? null : <p className="screen-lead muted">{lead}</p>}
        </div>
        {actions === undefined ? null : <div className="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
