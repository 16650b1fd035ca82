import { LONGEST_TYPED } from "../keys/attribute-value.ts";
import { h } from "../page/dom.ts";
import { inLine } from "../page/wording.ts";
import { TEXTS } from "../texts.ts";
import { area, field } from "./fields.ts";
import { asker, decidingForm, refusal, type Screen } from "./screen.ts";
import type { Steps } from "./steps.ts";

/** What a field of one line would drop. */
const LINE_BREAK = /[\r\n]/;

/** Has the person type the value of an attribute. */
export function editAttribute(
  screen: Screen,
  { origin, key, value }: Parameters<Steps["editAttribute"]>[0],
): Promise<ReturnType<Steps["editAttribute"]>> {
  const title = TEXTS.attribute.title(inLine(key));
  return screen.ask(title, ({ done, decline, signal }) => {
    // What is typed here is for the enclave: no browser keeps it, has it checked elsewhere, or changes it.
    const kept = { autocomplete: "off", autocapitalize: "none", spellcheck: "false" };
    const attributes = { maxlength: String(LONGEST_TYPED), autofocus: true, ...kept };
    const typed = LINE_BREAK.test(value)
      ? area(TEXTS.attribute.label, { ...attributes, rows: "4" }, value)
      : field(TEXTS.attribute.label, { ...attributes, type: "text", value });
    const submit = () => done({ value: typed.input.value });
    return [
      asker(origin, TEXTS.attribute.lead),
      decidingForm(TEXTS.attribute.save, submit, signal, typed.element),
      h("div", { class: "actions" }, refusal(TEXTS.cancel, decline)),
    ];
  });
}
