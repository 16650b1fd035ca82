import type { ReactNode } from "react";
import { TEXTS } from "../texts.ts";
import { Dialog } from "./dialog.tsx";
import { ErrorNotice } from "./error-notice.tsx";

/** Asks before something that cannot be undone. What is on its way cannot be cancelled either: it is only closed. */
export function Confirm({
  title,
  action,
  isPending,
  error,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string;
  readonly action: string;
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {error === null ? null : <ErrorNotice error={error} />}
      <div className="row">
        <button
          type="button"
          className="button"
          data-kind="danger-final"
          disabled={isPending}
          onClick={onConfirm}
        >
          {isPending ? <span className="spinner" aria-hidden="true" /> : null}
          {action}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {isPending ? TEXTS.close : TEXTS.cancel}
        </button>
      </div>
    </Dialog>
  );
}
