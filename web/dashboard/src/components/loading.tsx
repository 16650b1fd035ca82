import { TEXTS } from "../texts.ts";

/** Something is on its way. */
export function Loading({ text = TEXTS.loading }: { readonly text?: string }) {
  return (
    <p className="row muted" role="status">
      <span className="spinner" aria-hidden="true" />
      {text}
    </p>
  );
}
