import { useEffect, useState } from "react";
import { TEXTS } from "../texts.ts";

/** Milliseconds after which it is said that it takes long. */
const LONG_MILLIS = 5_000;

/** Something is on its way. */
export function Loading({ text }: { readonly text?: string }) {
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MILLIS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="row muted" role="status">
      <span className="spinner" aria-hidden="true" />
      {text ?? (isLong ? TEXTS.stillTrying : TEXTS.loading)}
    </p>
  );
}
