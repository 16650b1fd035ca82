import { launchChromium } from "idos-testing/chromium";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Devnet } from "../../src/devnet.ts";

/** How often each page is opened, by a browser that has never seen it. */
const TIMES = 9;

let devnet: Devnet;
let browser: Browser;

beforeAll(async () => {
  [devnet, browser] = await Promise.all([Devnet.start(), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await devnet?.stop();
});

/** Milliseconds until the first content is painted. */
async function firstPaint(url: string): Promise<number> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(url);
    return await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            const [paint] = list.getEntriesByName("first-contentful-paint");
            if (paint !== undefined) {
              resolve(paint.startTime);
            }
          }).observe({ type: "paint", buffered: true });
        }),
    );
  } finally {
    await context.close();
  }
}

test("first paints", async () => {
  const { dashboard, demo, nodes } = devnet.places;
  const pages = { dashboard, demo, explorer: `${nodes[0]}/explorer` };
  const rows: string[] = [];
  for (const [name, url] of Object.entries(pages)) {
    const times: number[] = [];
    for (let time = 0; time < TIMES; time++) {
      times.push(await firstPaint(url));
    }
    times.sort((one, other) => one - other);
    const [least, median, most] = [0, (TIMES - 1) / 2, TIMES - 1].map((at) => Math.round(times[at] ?? 0));
    rows.push(`${name.padEnd(10)} ${median} ms (${least} to ${most})`);
  }
  process.stdout.write(`first contentful paint, median of ${TIMES} cold loads\n${rows.join("\n")}\n`);
  expect(rows).toHaveLength(Object.keys(pages).length);
});
