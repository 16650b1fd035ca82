import type { Page } from "playwright-core";
import { EnclaveWindow } from "./enclave-window.ts";

/** A check of the bank, as it is shown. */
export interface ShownCheck {
  readonly passed: boolean;
  readonly text: string;
}

/** The demo bank, as a visitor uses it. */
export class Bank {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async openAccount(wallet: string): Promise<void> {
    await this.#press("Open an account with idOS");
    await this.#press(wallet);
  }

  /** Agrees on the bank's page. Gives the enclave's window that this opens. */
  agree(): Promise<EnclaveWindow> {
    return EnclaveWindow.openedBy(this.page, () => this.#press("Agree and open the account"));
  }

  /** The same, where the keys are locked: they are unlocked in the same window, which then asks. */
  async agreeUnlocking(
    password: string,
    atUnlock?: (window: EnclaveWindow) => Promise<void>,
  ): Promise<EnclaveWindow> {
    const window = await this.agree();
    await window.title();
    await atUnlock?.(window);
    await window.unlockByPassword(password);
    await window.asksToShare();
    return window;
  }

  async isAt(title: string | RegExp): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor({ timeout: 25_000 });
  }

  /** The checks that the bank's server made. */
  async checks(): Promise<readonly ShownCheck[]> {
    const rows = await this.page.getByRole("listitem").allInnerTexts();
    return rows.map((text) => ({ passed: /^passed/.test(text), text }));
  }

  #press(name: string): Promise<void> {
    return this.page.getByRole("button", { name }).click();
  }
}
