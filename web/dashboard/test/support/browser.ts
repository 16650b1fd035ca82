// A browser as people have it, and what they do in the enclave's windows.
import { type Browser, chromium, type Page } from "playwright-core";

/** Popups are blocked as for people: a click is needed. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
    ignoreDefaultArgs: ["--disable-popup-blocking"],
  });
}

const submit = (window: Page) => window.locator('form button[type="submit"]').click();

/** Chooses a password, and no recovery words. */
export async function choosePassword(window: Page, password: string): Promise<void> {
  const fields = window.locator('input[type="password"]');
  await fields.first().fill(password);
  await fields.nth(1).fill(password);
  const words = window.locator('input[type="checkbox"]');
  if ((await words.count()) > 0) {
    await words.uncheck();
  }
  await submit(window);
}

export async function typePassword(window: Page, password: string): Promise<void> {
  await window.locator('input[type="password"]').fill(password);
  await submit(window);
}
