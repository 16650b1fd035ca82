import { errorText } from "../rules/error-text.ts";
import { TEXTS } from "../texts.ts";

/** What went wrong, and a way to try again. */
export function ErrorNotice({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}) {
  const { title, detail } = errorText(error);
  return (
    <div className="notice stack" data-tone="bad" role="alert">
      <div>
        <strong>{title}</strong>
        {detail === "" ? null : <p className="small">{detail}</p>}
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
