import { h } from "../page/dom.ts";
import { TEXTS } from "../texts.ts";
import { armed, decision, refusal, type Screen } from "./screen.ts";
import type { Steps } from "./steps.ts";

/** Offers a file to the person; the page gets none of it. */
export async function offer(
  screen: Screen,
  { name, file, items, failed, origin }: Parameters<Steps["offer"]>[0],
): Promise<null> {
  const url = URL.createObjectURL(file);
  try {
    await screen.ask<void>(TEXTS.export.title, ({ done, decline, signal }) => {
      const link = h("a", { href: url, download: name, hidden: true });
      const finished = h(
        "button",
        { class: "button", type: "button", onclick: () => done() },
        TEXTS.export.done,
      );
      armed(finished, signal);
      return [
        h("p", { class: "asker mono" }, origin),
        h("p", {}, TEXTS.export.lead(items)),
        failed === 0
          ? undefined
          : h("p", { class: "notice small", "data-tone": "warn", id: "failed" }, TEXTS.export.failed(failed)),
        link,
        decision(TEXTS.export.save, "primary", () => link.click(), signal),
        finished,
        refusal(TEXTS.cancel, decline),
      ];
    });
  } finally {
    URL.revokeObjectURL(url);
  }
  return null;
}
