import { wipe } from "idos-crypto";
import { h } from "../page/dom.ts";
import { TEXTS } from "../texts.ts";
import { asker, form, refusal, type Screen } from "./screen.ts";
import type { Steps } from "./steps.ts";
import { wordsField } from "./words-field.ts";

/** Has the person type their recovery words. */
export function recover(
  screen: Screen,
  { origin }: Parameters<Steps["recover"]>[0],
): Promise<ReturnType<Steps["recover"]>> {
  return screen.ask(TEXTS.recover.title, ({ done, decline }) => {
    const words = wordsField();
    const submit = () => {
      const read = words.read();
      if (read !== undefined) {
        done({ words: read.expose() });
        wipe(read);
        words.input.value = "";
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
