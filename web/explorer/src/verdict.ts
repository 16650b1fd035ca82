import { count, spelledTime } from "./spelling.ts";
import { TEXTS } from "./texts.ts";
import type { Anchor } from "./trust.ts";
import type { Verified } from "./verify.ts";

/** Shows in the page what was found. */
export class Verdict {
  readonly #section: HTMLElement;

  constructor(section: HTMLElement) {
    this.#section = section;
  }

  /** The check is under way. */
  checking(): void {
    this.#show("checking", "", TEXTS.checking, []);
  }

  /** What was checked holds. */
  verified(verified: Verified, says: readonly string[], anchor: Anchor): void {
    const signed = TEXTS.signed(verified.signers, verified.validators, count(verified.height));
    const lines = [`${signed} ${TEXTS.made(spelledTime(verified.timeMillis).text)}`, ...says];
    this.#show(
      anchor.before === undefined ? "verified" : "changed",
      anchor.before === undefined ? "good" : "warn",
      TEXTS.verified,
      lines,
      anchor,
    );
  }

  /** There is nothing to check, or no way to. */
  unverified(why: string): void {
    this.#show("unverified", "warn", TEXTS.unverified, [why]);
  }

  /** What the node says is not so. */
  refuted(why: string): void {
    this.#show("refuted", "bad", TEXTS.refuted, [why]);
  }

  #show(state: string, tone: string, title: string, lines: readonly string[], anchor?: Anchor): void {
    this.#section.dataset["state"] = state;
    this.#section.dataset["tone"] = tone;
    const nodes = [paragraph(title, "verdict-title"), ...lines.map((line) => paragraph(line, ""))];
    if (anchor?.before !== undefined) {
      const [before, now] = [anchor.before.chainId, anchor.checkpoint.chainId];
      nodes.push(paragraph(before === now ? TEXTS.changed : TEXTS.changedChain(before, now), ""));
    }
    if (anchor?.isOwn === true) {
      nodes.push(paragraph(TEXTS.fromYours(anchor.checkpoint.epoch), "small"));
    } else if (anchor !== undefined) {
      const from = paragraph(`${TEXTS.fromNode(anchor.fingerprint.slice(0, 16))} `, "small");
      const link = document.createElement("a");
      link.href = "/explorer/about#anchor";
      link.textContent = TEXTS.compare;
      from.append(link, ".");
      nodes.push(from);
    }
    this.#section.replaceChildren(...nodes);
  }
}

function paragraph(text: string, className: string): HTMLElement {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = text;
  return element;
}
