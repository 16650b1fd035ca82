import { type Signer, signOwnership } from "idos-client";
import type { OwnedWallet } from "idos-client/enclave";
import { type RecoveryWords, wipe } from "idos-crypto";
import { h } from "../page/dom.ts";
import { TEXTS } from "../texts.ts";
import { field } from "./fields.ts";
import { form, type Screen } from "./screen.ts";

/** How many of the words the person types back. */
const CHECKED = 2;

/** Shows new recovery words until the person has written them down, and proved it. */
export async function teachWords(screen: Screen, words: RecoveryWords): Promise<void> {
  const list = words.expose().split(" ");
  for (;;) {
    await screen.ask<void>(TEXTS.words.title, ({ done }) => [
      h("p", {}, TEXTS.words.lead),
      h("ol", { class: "words", id: "words" }, ...list.map((word) => h("li", {}, word))),
      h(
        "div",
        { class: "actions" },
        h(
          "button",
          { class: "button", type: "button", "data-kind": "primary", onclick: () => done() },
          TEXTS.words.written,
        ),
        h("button", { class: "button", type: "button", onclick: () => window.print() }, TEXTS.words.print),
      ),
    ]);
    const isKnown = await screen.ask<boolean>(TEXTS.words.checkTitle, ({ done }) => {
      const asked = someOf(list.length).map((at) => ({
        word: list[at],
        field: field(TEXTS.words.check(at + 1), {
          type: "text",
          autocomplete: "off",
          autocapitalize: "none",
          // Some browsers send what they check to a server: these words are the keys.
          spellcheck: "false",
          "data-word": String(at),
        }),
      }));
      const check = () => {
        const wrong = asked.filter(({ word, field: { input } }) => input.value.trim().toLowerCase() !== word);
        for (const { field: one } of asked) {
          one.complain();
        }
        wrong[0]?.field.complain(TEXTS.words.wrong);
        if (wrong.length === 0) {
          done(true);
        }
      };
      return [
        form(
          check,
          ...asked.map((one) => one.field.element),
          h("button", { class: "button", type: "submit", "data-kind": "primary" }, TEXTS.next),
          h("button", { class: "button", type: "button", onclick: () => done(false) }, TEXTS.words.back),
        ),
      ];
    });
    if (isKnown) {
      return;
    }
  }
}

/** The wallet of the words, with its signature that it belongs to the profile. */
export async function ownedWallet(
  words: RecoveryWords,
  chainId: string,
  userId: string,
): Promise<OwnedWallet> {
  const key = words.signingKey();
  try {
    const address = key.publicKeyHex();
    const signer: Signer = {
      authType: "ed25519",
      sender: key.publicKey(),
      wallet: { type: "FaceSign", address, publicKey: address },
      sign: async (text) => key.sign(new TextEncoder().encode(text)),
    };
    const { message, signature } = await signOwnership(crypto.randomUUID(), signer, chainId, userId);
    return { publicKey: address, message, signature };
  } finally {
    wipe(key);
  }
}

/** Different places in a list, in order. */
function someOf(length: number): readonly number[] {
  const places = new Set<number>();
  while (places.size < CHECKED) {
    places.add((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % length);
  }
  return [...places].sort((one, other) => one - other);
}
