import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** How long a window may take: keys from passwords are slow to work out on purpose. */
const MILLIS = 25_000;

/** A window of the enclave, in which a person decides. */
export class EnclaveWindow {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Does something in a page that opens a window of the enclave. */
  static async openedBy(page: Page, act: () => Promise<unknown>): Promise<EnclaveWindow> {
    const [popup] = await Promise.all([page.waitForEvent("popup", { timeout: MILLIS }), act()]);
    return new EnclaveWindow(popup);
  }

  /** What the window asks, once it asks something. */
  async title(): Promise<string> {
    const heading = this.page.getByRole("heading", { level: 1 });
    await heading.waitFor({ timeout: MILLIS });
    return heading.innerText();
  }

  /** The page that asks, as the window names it. */
  text(): Promise<string> {
    return this.page.getByRole("main").innerText();
  }

  /** Protects new keys by a password. Gives the recovery words, which are written down. `atWords`: while they show. */
  async createWithPassword(password: string, atWords?: () => Promise<void>): Promise<string> {
    await this.#isAbout("Protect your data");
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByLabel("The same password again").fill(password);
    await this.#button("Protect my data").click();
    const words = await this.#writeDown(atWords);
    await this.closed();
    return words;
  }

  /** Unlocks by a password. Whether the window goes on to something else is seen by whoever called. */
  async unlockByPassword(password: string): Promise<void> {
    await this.#isAbout("Unlock your data");
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Unlock", exact: true }).click();
  }

  /** Waits until the window asks whether to share. */
  asksToShare(): Promise<void> {
    return this.#isAbout("Share this?");
  }

  /** Agrees to share, having read who it is for. */
  async share(recipient: string): Promise<void> {
    await this.asksToShare();
    await this.page.getByRole("heading", { level: 2, name: recipient }).waitFor();
    await this.page.getByText("The network admitted this recipient").waitFor();
    await this.page.getByRole("button", { name: "Share", exact: true }).click();
    await this.closed();
  }

  async refuseToShare(): Promise<void> {
    await this.asksToShare();
    await this.#button("Do not share").click();
    await this.closed();
  }

  async addPasskey(): Promise<void> {
    await this.#isAbout("Add a passkey");
    await this.#button("Add a passkey").click();
    await this.closed();
  }

  async choosePassword(password: string): Promise<void> {
    await this.#isAbout("Choose a new password");
    await this.page.getByLabel("New password").fill(password);
    await this.page.getByLabel("The same password again").fill(password);
    await this.#button("Change password").click();
    await this.closed();
  }

  async recover(words: string): Promise<void> {
    await this.#isAbout("Recover your profile");
    await this.page.getByLabel("Recovery words").fill(words);
    await this.#button("Recover").click();
    await this.closed();
  }

  /** Takes the file that the window offers, and gives what is in it. */
  async saveFile(): Promise<string> {
    await this.#isAbout("Your data is ready");
    const [download] = await Promise.all([
      this.page.waitForEvent("download"),
      this.page.getByRole("button", { name: "Save the file" }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) {
      chunks.push(chunk as Buffer);
    }
    await this.#button("Done").click();
    await this.closed();
    return Buffer.concat(chunks).toString();
  }

  /** Waits until the window is gone. */
  async closed(): Promise<void> {
    if (!this.page.isClosed()) {
      await this.page.waitForEvent("close", { timeout: MILLIS });
    }
  }

  /** Writes the words down, and proves it. */
  async #writeDown(atWords?: () => Promise<void>): Promise<string> {
    await this.#isAbout("Your recovery words");
    await atWords?.();
    const words = await this.page.getByRole("listitem").allInnerTexts();
    expect(words).toHaveLength(24);
    await this.#button("I have written them down").click();
    const asked = this.page.getByRole("textbox", { name: /^Word \d+$/ });
    await asked.first().waitFor();
    for (const field of await asked.all()) {
      const label = await field.evaluate((it) => (it as HTMLInputElement).labels?.[0]?.textContent ?? "");
      await field.fill(words[Number(label.replace("Word ", "")) - 1]?.trim() ?? "");
    }
    await this.#button("Continue").click();
    return words.map((word) => word.trim()).join(" ");
  }

  async #isAbout(title: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor({ timeout: MILLIS });
  }

  #button(name: string): Locator {
    return this.page.getByRole("button", { name });
  }
}
