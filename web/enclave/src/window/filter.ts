import { h } from "../page/dom.ts";
import { fieldName } from "../page/wording.ts";
import { TEXTS } from "../texts.ts";
import { asker, decision, refusal, type Screen } from "./screen.ts";
import type { FilterQuestion } from "./steps.ts";

/** Asks whether a site may know which credentials meet its conditions. */
export async function filter(screen: Screen, { origin, conditions, count }: FilterQuestion): Promise<null> {
  await screen.ask<void>(TEXTS.filter.title, ({ done, decline, signal }) => [
    asker(origin, TEXTS.filter.lead(count)),
    h(
      "ul",
      {},
      ...conditions.map(({ path, is, value }) =>
        h("li", {}, `${fieldName(path.join("."))} ${TEXTS.filter.is[is] ?? is} `, h("strong", {}, value)),
      ),
    ),
    h(
      "div",
      { class: "actions" },
      decision(TEXTS.filter.agree, "primary", () => done(), signal),
      refusal(TEXTS.filter.refuse, decline),
    ),
  ]);
  return null;
}
