import type { Concern } from "../credential/examine.ts";
import { TEXTS } from "../texts.ts";
import { h } from "./dom.ts";

/** What of a credential is less than it could be, as notices: the grave ones stand out. */
export function concernNotices(concerns: readonly Concern[]): readonly HTMLElement[] {
  const isMild = (concern: Concern) => concern === "unchecked";
  return concerns.map((concern) =>
    h(
      "p",
      { class: "notice small", ...(isMild(concern) ? {} : { "data-tone": "warn" }) },
      TEXTS.concerns[concern],
    ),
  );
}
