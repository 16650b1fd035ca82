import type { UseMutationResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { enclaveReason } from "../rules/error-text.ts";
import { TEXTS } from "../texts.ts";
import { ErrorNotice } from "./error-notice.tsx";

/**
 * A button for something that opens the enclave's window. If the browser wants another click before it opens one, it
 * says so.
 */
export function EnclaveAction<Given>({
  action,
  given,
  kind,
  disabled = false,
  children,
}: {
  readonly action: UseMutationResult<unknown, Error, Given>;
  readonly given: Given;
  readonly kind?: "primary" | "danger";
  readonly disabled?: boolean;
  readonly children: ReactNode;
}) {
  const isBlocked = enclaveReason(action.error) === "PopupBlocked";
  return (
    <div className="stack enclave-action">
      <div>
        <button
          type="button"
          className="button"
          data-kind={kind}
          disabled={disabled || action.isPending}
          onClick={() => action.mutate(given)}
        >
          {action.isPending ? <span className="spinner" aria-hidden="true" /> : null}
          {isBlocked ? TEXTS.enclave.continue : children}
        </button>
      </div>
      {isBlocked ? (
        <p className="notice small" data-tone="warn" role="status">
          {TEXTS.enclave.blocked}
        </p>
      ) : action.isError ? (
        <ErrorNotice error={action.error} />
      ) : null}
    </div>
  );
}
