import type { ReactNode } from "react";

/** Nothing is here yet, and what to do about it. */
export function Empty({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p className="muted">{lead}</p>
      {children}
    </div>
  );
}
