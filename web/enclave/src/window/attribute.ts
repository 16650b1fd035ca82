import { h } from "../page/dom.ts";
import { fieldName } from "../page/wording.ts";
import { TEXTS } from "../texts.ts";
import { field } from "./fields.ts";
import { asker, form, refusal, type Screen } from "./screen.ts";
import type { Steps } from "./steps.ts";

const LONGEST = 10_000;

/** Has the person type the value of an attribute. */
export function editAttribute(
  screen: Screen,
  { origin, key, value }: Parameters<Steps["editAttribute"]>[0],
): Promise<ReturnType<Steps["editAttribute"]>> {
  return screen.ask(TEXTS.attribute.title(fieldName(key).toLowerCase()), ({ done, decline }) => {
    const typed = field(TEXTS.attribute.label, {
      type: "text",
      value,
      maxlength: String(LONGEST),
      autofocus: true,
    });
    return [
      asker(origin, TEXTS.attribute.lead),
      form(
        () => done({ value: typed.input.value }),
        typed.element,
        h("button", { class: "button", type: "submit", "data-kind": "primary" }, TEXTS.attribute.save),
      ),
      h("div", { class: "actions" }, refusal(TEXTS.cancel, decline)),
    ];
  });
}
