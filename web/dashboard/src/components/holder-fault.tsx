import type { ReactNode } from "react";
import { useAttributes, useProfile } from "../queries/person-query.ts";
import { ErrorNotice } from "./error-notice.tsx";

/** Why it is not known whose keys are to be unlocked (`useHolder`), and a way to ask again; `waiting` until then. */
export function HolderFault({ waiting = null }: { readonly waiting?: ReactNode }) {
  const missing = [useProfile(), useAttributes()].filter((it) => it.data === undefined);
  const failed = missing.find((it) => it.isError);
  return failed !== undefined ? (
    <ErrorNotice error={failed.error} isRead onRetry={() => void failed.refetch()} />
  ) : missing.length > 0 ? (
    waiting
  ) : null;
}
