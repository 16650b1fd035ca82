// What people do in the enclave's windows.
import type { Page } from "playwright-core";

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
