import type { UseQueryResult } from "@tanstack/react-query";
import type { Answer } from "idos-client";
import type { ReactNode } from "react";
import { ErrorNotice } from "./error-notice.tsx";
import { Loading } from "./loading.tsx";

/** Shows an answer once it is there; until then that it is awaited, or why it is not coming. */
export function Answered<T>({
  query,
  children,
}: {
  readonly query: UseQueryResult<Answer<T>>;
  readonly children: (value: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return children(query.data.value);
  }
  return query.isError ? (
    <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />
  ) : (
    <Loading />
  );
}
