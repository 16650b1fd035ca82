import axe from "axe-core";
import type { Frame, Page } from "playwright-core";

/** A rule that a page breaks, and where. */
export interface Violation {
  readonly rule: string;
  readonly impact: string;
  readonly help: string;
  readonly where: readonly string[];
}

const SERIOUS = ["serious", "critical"];

/** What axe finds in a page, with the frames in it, that is serious or critical. */
export async function seriousViolations(page: Page): Promise<readonly Violation[]> {
  const found = await Promise.all(page.frames().filter(isShown).map(inFrame));
  return found.flat();
}

function isShown(frame: Frame): boolean {
  return !frame.isDetached() && frame.url().startsWith("http");
}

/** Each frame by itself: the enclave's is of another origin, and axe in the page does not reach it. */
async function inFrame(frame: Frame): Promise<readonly Violation[]> {
  await frame.evaluate(`${axe.source}; undefined`);
  const { violations } = await frame.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    return axe.run(document, { iframes: false, resultTypes: ["violations"] });
  });
  return violations
    .filter(({ impact }) => SERIOUS.includes(impact ?? ""))
    .map(({ id, impact, help, nodes }) => ({
      rule: id,
      impact: impact ?? "",
      help,
      where: nodes.map(({ html }) => html.slice(0, 200)),
    }));
}
