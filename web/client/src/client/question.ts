import type { View } from "../evidence/views.ts";
import type { CallAnswer } from "../wire/rows.ts";
import type { Argument } from "../wire/value.ts";

/** A view call, and how its answer is read: from claims that are proved, or from rows that are stated. */
export interface Question<T> {
  readonly action: string;
  readonly values: readonly Argument[];
  /** Undefined if no proof tells the answer. */
  readonly proved: View<T> | undefined;
  readonly stated: (answer: CallAnswer) => T;
}
