import { type ReactNode, useRef, useState } from "react";
import { Paging } from "./paging.tsx";

/** Most items on a page. */
const ROWS = 24;

/** A long list, page by page. */
export function Paged<T>({
  items,
  children,
}: {
  readonly items: readonly T[];
  readonly children: (shown: readonly T[]) => ReactNode;
}) {
  const [wanted, setWanted] = useState(1);
  const top = useRef<HTMLDivElement>(null);
  const last = Math.max(1, Math.ceil(items.length / ROWS));
  // What is searched, or revoked, may leave fewer pages.
  const page = Math.min(wanted, last);
  return (
    <div ref={top} className="stack">
      {children(items.slice((page - 1) * ROWS, page * ROWS))}
      {last === 1 ? null : (
        <Paging
          page={page}
          isLast={page === last}
          isUntold={false}
          onPage={(next) => {
            setWanted(next);
            top.current?.scrollIntoView();
          }}
        />
      )}
    </div>
  );
}
