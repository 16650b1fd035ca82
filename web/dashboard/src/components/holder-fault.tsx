import type { ReactNode } from "react";
import { useAttributes, useProfile } from "../queries/person-query.ts";
import { ErrorNotice } from "./error-notice.tsx";
import { useKeptFault } from "./kept-fault.ts";

/** Why it is not known whose keys are to be unlocked (`useHolder`), and a way to ask again; `waiting` until then. */
export function HolderFault({ waiting = null }: { readonly waiting?: ReactNode }) {
  const [profile, attributes] = [useProfile(), useAttributes()];
  const missing = [
    { query: profile, fault: useKeptFault(profile) },
    { query: attributes, fault: useKeptFault(attributes) },
  ].filter(({ query }) => query.data === undefined);
  const failed = missing.find(({ fault }) => fault !== null);
  return failed !== undefined ? (
    <ErrorNotice
      error={failed.fault}
      isRead
      isTrying={failed.query.isFetching}
      onRetry={() => void failed.query.refetch()}
    />
  ) : missing.length > 0 ? (
    waiting
  ) : null;
}
