import { useState } from "react";

/** Why an answer is not coming, or not anew: that stays until there is one, however often it is asked. */
export function useKeptFault({
  data,
  error,
}: {
  readonly data: unknown;
  readonly error: Error | null;
}): Error | null {
  const [fault, setFault] = useState<Error | null>(null);
  const now = error ?? (data === undefined ? fault : null);
  if (now !== fault) {
    setFault(now);
  }
  return now;
}
