import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import type { Answer } from "idos-client";
import type { ReactNode } from "react";
import { TEXTS } from "../texts.ts";
import { ErrorNotice } from "./error-notice.tsx";
import { useKeptFault } from "./kept-fault.ts";
import { Loading } from "./loading.tsx";

/**
 * Shows an answer once it is there; until then that it is awaited, or why it is not coming. What is there stays in sight
 * if it cannot be asked again, below the reason; and that stays until there is an answer, however often it is asked.
 */
export function Answered<T>({
  query,
  isSaid = false,
  children,
}: {
  readonly query: UseQueryResult<Answer<T>>;
  /** Whether the screen says already that it is awaited, or why nothing comes: once is enough. */
  readonly isSaid?: boolean;
  readonly children: (value: T) => ReactNode;
}) {
  const queries = useQueryClient();
  const fault = useKeptFault(query);
  const isThere = query.data !== undefined;
  return (
    <>
      {isSaid || (fault === null && isThere) ? null : fault === null ? (
        <Loading />
      ) : (
        <ErrorNotice
          error={fault}
          isRead
          note={isThere ? TEXTS.notFresh : undefined}
          isTrying={query.isFetching}
          // Whatever else of the screen failed is tried with it.
          onRetry={() =>
            void queries.refetchQueries({ type: "active", predicate: ({ state }) => state.error !== null })
          }
        />
      )}
      {isThere ? children(query.data.value) : null}
    </>
  );
}
