import { RecoveryWords, RecoveryWordsError, wipe } from "idos-crypto";
import { h } from "../page/dom.ts";
import { TEXTS } from "../texts.ts";
import { asker, form, refusal, type Screen } from "./screen.ts";
import type { Steps } from "./steps.ts";
import { wordsField } from "./unlock.ts";

/** Has the person type their recovery words. */
export function recover(
  screen: Screen,
  { origin }: Parameters<Steps["recover"]>[0],
): Promise<ReturnType<Steps["recover"]>> {
  return screen.ask(TEXTS.recover.title, ({ done, decline }) => {
    const words = wordsField();
    words.input.autofocus = true;
    const submit = () => {
      try {
        wipe(RecoveryWords.parse(words.input.value));
        done({ words: words.input.value });
      } catch (error) {
        if (!(error instanceof RecoveryWordsError)) {
          throw error;
        }
        words.complain(error.message);
      }
    };
    return [
      asker(origin, TEXTS.recover.lead),
      form(
        submit,
        words.element,
        h("button", { class: "button", type: "submit", "data-kind": "primary" }, TEXTS.recover.submit),
      ),
      h("div", { class: "actions" }, refusal(TEXTS.cancel, decline)),
    ];
  });
}
