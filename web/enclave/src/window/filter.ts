import { inert } from "idos-kit/names";
import { type Child, h } from "../page/dom.ts";
import { stepName } from "../page/wording.ts";
import { TEXTS } from "../texts.ts";
import { asker, decision, refusal, type Screen } from "./screen.ts";
import type { FilterQuestion } from "./steps.ts";

/** Asks whether a site may know which credentials meet its conditions. */
export async function filter(screen: Screen, { origin, conditions, count }: FilterQuestion): Promise<null> {
  await screen.ask<void>(TEXTS.filter.title, ({ done, decline, signal }) => [
    asker(origin, TEXTS.filter.lead(count)),
    h(
      "ul",
      { class: "question" },
      ...conditions.map(({ path, is, values }) =>
        h("li", {}, ...named(path), ` ${TEXTS.filter.is[is] ?? is} `, compared(values)),
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

/** Each step by itself: what the site wrote does not change how the rest is read. */
function named(path: readonly string[]): readonly Child[] {
  return path.flatMap((step) => [" › ", h("bdi", {}, stepName(step))]).slice(1);
}

/** Each value by itself: none is lost in a line. */
function compared(values: readonly string[]): HTMLElement {
  const [only] = values;
  return values.length === 1 && only !== undefined
    ? literal(only)
    : h("ul", {}, ...values.map((value) => h("li", {}, literal(value))));
}

/** As it is compared: names of some languages have characters that nobody sees, which are written out. */
function literal(value: string): HTMLElement {
  return h("strong", {}, h("bdi", {}, inert(value)));
}
