import type { UseMutationResult } from "@tanstack/react-query";
import { enclaveReason } from "../rules/error-text.ts";
import { TEXTS } from "../texts.ts";
import { ErrorNotice } from "./error-notice.tsx";

/**
 * A button for something that opens the enclave's window, and where to go on meanwhile. If the browser wants another
 * click before it opens one, it says so.
 */
export function EnclaveAction<Given>({
  action,
  given,
  kind,
  disabled = false,
  about,
  opensWindow = true,
  children,
}: {
  readonly action: UseMutationResult<unknown, Error, Given>;
  readonly given: Given;
  readonly kind?: "primary" | "danger";
  readonly disabled?: boolean;
  /** What it is done to, for who hears the button without what surrounds it. */
  readonly about?: string | undefined;
  /** False for what is done without the enclave. */
  readonly opensWindow?: boolean;
  readonly children: string;
}) {
  const isBlocked = enclaveReason(action.error) === "PopupBlocked";
  const text = isBlocked ? TEXTS.enclave.continue : children;
  return (
    <div className="stack enclave-action">
      <div>
        <button
          type="button"
          className="button"
          data-kind={kind}
          disabled={disabled || action.isPending}
          aria-label={about === undefined ? undefined : `${text}: ${about}`}
          onClick={() => action.mutate(given)}
        >
          {action.isPending ? <span className="spinner" aria-hidden="true" /> : null}
          {text}
        </button>
      </div>
      {action.isPending && opensWindow ? (
        <p className="muted small" role="status">
          {TEXTS.enclave.goOn}
        </p>
      ) : isBlocked ? (
        <p className="notice small" data-tone="warn" role="status">
          {TEXTS.enclave.blocked}
        </p>
      ) : action.isError ? (
        <ErrorNotice error={action.error} />
      ) : null}
    </div>
  );
}
