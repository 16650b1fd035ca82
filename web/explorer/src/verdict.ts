import type { Checkpoint } from "idos-client/light-client";
import { count, spelledTime } from "./spelling.ts";
import { TEXTS } from "./texts.ts";
import type { Anchor, FirstSeen } from "./trust.ts";
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
      anchor.before === undefined ? TEXTS.verified : TEXTS.verifiedFromOther,
      lines,
      anchor,
    );
  }

  /** What the checks start from, for people to compare. */
  starts({ checkpoint, fingerprint, isOwn, before }: Anchor): void {
    const from = isOwn ? TEXTS.startsFromYours(checkpoint.epoch) : TEXTS.startsFromNode;
    const [state, tone] = before === undefined ? ["starts", ""] : ["changed", "warn"];
    this.#show(state, tone, TEXTS.starts, [from]);
    const digest = document.createElement("code");
    digest.className = "digest";
    digest.textContent = fingerprint;
    this.#section.append(digest);
    if (before !== undefined) {
      this.#section.append(changed(before, checkpoint));
    }
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
      nodes.push(changed(anchor.before, anchor.checkpoint));
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

function changed({ chainId: before }: FirstSeen, { chainId: now }: Checkpoint): HTMLElement {
  return paragraph(before === now ? TEXTS.changed : TEXTS.changedChain(before, now), "");
}

function paragraph(text: string, className: string): HTMLElement {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = text;
  return element;
}
