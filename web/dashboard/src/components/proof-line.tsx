import type { Answer } from "idos-client";
import { shownMoment } from "../rules/dates.ts";
import { TEXTS } from "../texts.ts";

/**
 * What stands for the answers that a screen shows: the oldest proof of them, or that one of them has none. Nothing while
 * one is missing.
 */
export function ProofLine({ of }: { readonly of: readonly (Answer<unknown> | undefined)[] }) {
  const answers = of.filter((it) => it !== undefined);
  if (answers.length < of.length) {
    return null;
  }
  const proofs = answers.flatMap(({ proof }) => (proof === undefined ? [] : [proof]));
  const [oldest] = [...proofs].sort((one, other) => one.height - other.height);
  if (oldest === undefined || proofs.length < answers.length) {
    return (
      <p className="notice small" data-tone="warn">
        {TEXTS.proof.word}
      </p>
    );
  }
  const time = shownMoment(oldest.time, new Date());
  return (
    <p className="proof-line small" title={TEXTS.proof.provedHint}>
      <span aria-hidden="true">✓</span> {TEXTS.proof.proved(oldest.height.toLocaleString("en-GB"), time)}
      <span className="hidden-text">. {TEXTS.proof.provedHint}</span>
    </p>
  );
}
