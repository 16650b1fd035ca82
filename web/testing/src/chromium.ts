import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const DEBIAN = "/usr/bin/chromium";

/**
 * Nothing but the pages: no requests of the browser's own, no sandbox (tests run as root), no GPU. Snapshots of the heap
 * hold every text whole, where they would end at 1,024 characters: what is looked for in them may stand behind.
 */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--js-flags=--heap-snapshot-string-limit=1000000000",
];

/** Starts Chromium: that of `CHROMIUM`, or Debian's. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch(options());
}

/** The same, with a profile that is kept in a folder, as people's browsers have one. */
export function launchChromiumIn(folder: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, options());
}

function options() {
  const executablePath = process.env["CHROMIUM"] ?? DEBIAN;
  if (!existsSync(executablePath)) {
    throw new Error(
      `there is no Chromium at ${executablePath}: install Debian's package (apt-get install chromium, or ` +
        "tests/chromium.sh), or name another one in the environment as CHROMIUM",
    );
  }
  // Playwright lets every window open; people's browsers do not.
  const ignoreDefaultArgs = ["--disable-popup-blocking"];
  return { executablePath, args: ARGUMENTS, ignoreDefaultArgs };
}
