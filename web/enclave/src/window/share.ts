import { concernNotices } from "../page/concerns.ts";
import { h } from "../page/dom.ts";
import { fieldName, inLine, momentInWords, titleInWords, valueInWords } from "../page/wording.ts";
import { TEXTS } from "../texts.ts";
import { asker, decision, refusal, type Screen } from "./screen.ts";
import type { Fact, ShareQuestion } from "./steps.ts";

/** Asks whether a credential is to be shared. */
export async function share(screen: Screen, question: ShareQuestion): Promise<null> {
  const { origin, credential, name, grantee, fingerprint, lockedUntil, expiresAt } = question;
  const isListed = name !== null;
  await screen.ask<void>(TEXTS.share.title, ({ done, decline, signal }) => [
    asker(origin, `${TEXTS.asks}:`),
    h(
      "section",
      { class: "card stack", "aria-label": TEXTS.share.with },
      h(
        "div",
        {},
        h("p", { class: "small muted" }, TEXTS.share.with),
        h("h2", { id: "recipient" }, name ?? TEXTS.share.unnamed),
      ),
      h(
        "p",
        { class: "notice small", "data-tone": isListed ? "good" : "warn" },
        isListed ? TEXTS.share.listed : TEXTS.share.unlisted,
      ),
      labelled(TEXTS.share.address, "address", grantee),
      labelled(TEXTS.share.key, "fingerprint", fingerprint),
    ),
    h(
      "section",
      { class: "card stack", "aria-label": TEXTS.share.what },
      h("p", { class: "small muted" }, TEXTS.share.what),
      h("h2", {}, titleInWords(credential.title)),
      h(
        "div",
        { class: "row" },
        h(
          "span",
          { class: "small muted", id: "issuer" },
          `${TEXTS.share.issuedBy} `,
          h("bdi", {}, inLine(credential.issuer ?? "–")),
        ),
        credential.isVouched
          ? h("span", { class: "badge", "data-tone": "good" }, TEXTS.share.vouched)
          : undefined,
      ),
      ...concernNotices(credential.concerns),
      factList(credential.facts),
      credential.files.length === 0
        ? undefined
        : h("p", { id: "files" }, TEXTS.share.files(credential.files.map(inSentence).join(", "))),
      credential.hidden === 0
        ? undefined
        : h(
            "p",
            { class: "notice small", "data-tone": "warn", id: "hidden" },
            TEXTS.share.hidden(credential.hidden),
          ),
    ),
    h(
      "ul",
      { class: "small terms" },
      h("li", {}, lockedUntil === 0 ? TEXTS.share.noLock : `${TEXTS.share.lock} ${moment(lockedUntil)}.`),
      h("li", {}, expiresAt === 0 ? TEXTS.share.noExpiry : `${TEXTS.share.expiry} ${moment(expiresAt)}.`),
      h("li", { id: "said" }, TEXTS.share.said),
      h("li", { id: "handed-over" }, TEXTS.share.handedOver),
    ),
    h(
      "div",
      { class: "actions" },
      decision(TEXTS.share.agree, isListed ? "primary" : "danger", () => done(), signal),
      refusal(TEXTS.share.refuse, decline),
    ),
  ]);
  return null;
}

function labelled(label: string, id: string, text: string): HTMLElement {
  return h("div", {}, h("p", { class: "small muted" }, label), h("p", { class: "mono small", id }, text));
}

function inSentence(label: string): string {
  return fieldName(label).toLowerCase();
}

function factList(facts: readonly Fact[]): HTMLElement {
  const rows = facts.flatMap(([label, value]) => [
    h("dt", {}, fieldName(label)),
    h("dd", {}, valueInWords(value, label)),
  ]);
  return h("dl", { class: "facts" }, ...rows);
}

function moment(seconds: number): string {
  return momentInWords(new Date(seconds * 1000));
}
