import { errorText, isOwnChoice } from "../rules/error-text.ts";
import { TEXTS } from "../texts.ts";

/** What went wrong, what that means for what is shown, and a way to try again. */
export function ErrorNotice({
  error,
  note,
  onRetry,
}: {
  readonly error: unknown;
  readonly note?: string | undefined;
  readonly onRetry?: (() => void) | undefined;
}) {
  const { title, detail } = errorText(error);
  return (
    <div className="notice stack" data-tone={isOwnChoice(error) ? undefined : "bad"} role="alert">
      <div>
        <strong>{title}</strong>
        {detail === "" ? null : <p className="small">{detail}</p>}
        {note === undefined ? null : <p className="small">{note}</p>}
      </div>
      {onRetry === undefined ? null : (
        <div>
          <button type="button" className="button" onClick={onRetry}>
            {TEXTS.retry}
          </button>
        </div>
      )}
    </div>
  );
}
