import type { UseQueryResult } from "@tanstack/react-query";
import type { Answer } from "idos-client";
import type { ReactNode } from "react";
import { TEXTS } from "../texts.ts";
import { ErrorNotice } from "./error-notice.tsx";
import { Loading } from "./loading.tsx";

/**
 * Shows an answer once it is there; until then that it is awaited, or why it is not coming. What is there stays in sight
 * if it cannot be asked again, below the reason.
 */
export function Answered<T>({
  query,
  children,
}: {
  readonly query: UseQueryResult<Answer<T>>;
  readonly children: (value: T) => ReactNode;
}) {
  const isThere = query.data !== undefined;
  return (
    <>
      {query.isError ? (
        <ErrorNotice
          error={query.error}
          note={isThere ? TEXTS.notFresh : undefined}
          onRetry={() => void query.refetch()}
        />
      ) : isThere ? null : (
        <Loading />
      )}
      {isThere ? children(query.data.value) : null}
    </>
  );
}
