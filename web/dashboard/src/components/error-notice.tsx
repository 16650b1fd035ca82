import { errorText, isOwnChoice } from "../rules/error-text.ts";
import { TEXTS } from "../texts.ts";
import { useFocusKept } from "./focus.ts";

/** What went wrong, what that means for what is shown, and a way to try again. */
export function ErrorNotice({
  error,
  isRead = false,
  note,
  isTrying = false,
  onRetry,
}: {
  readonly error: unknown;
  /** Whether something was only to be read: then nobody asks whether it was changed. */
  readonly isRead?: boolean;
  readonly note?: string | undefined;
  /** Whether another try is under way. */
  readonly isTrying?: boolean;
  readonly onRetry?: (() => void) | undefined;
}) {
  const { title, detail } = errorText(error, isRead);
  const notice = useFocusKept<HTMLDivElement>();
  return (
    <div
      ref={notice}
      className="notice stack"
      data-tone={isOwnChoice(error) ? undefined : "bad"}
      role="alert"
    >
      <div>
        <strong>{title}</strong>
        {detail === "" ? null : <p className="small">{detail}</p>}
        {note === undefined ? null : <p className="small">{note}</p>}
      </div>
      {onRetry === undefined ? null : (
        <div>
          <button type="button" className="button" onClick={onRetry}>
            {isTrying ? <span className="spinner" aria-hidden="true" /> : null}
            {TEXTS.retry}
          </button>
        </div>
      )}
    </div>
  );
}
