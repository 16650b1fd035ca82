import type { FrameLocator, Locator, Page } from "playwright-core";
import { EnclaveWindow } from "./enclave-window.ts";

/** What a person says of themselves to an issuer that takes their word. */
export interface Subject {
  readonly firstName: string;
  readonly familyName: string;
  readonly dateOfBirth: string;
  /** Two letters. */
  readonly country: string;
  readonly documentNumber: string;
}

/** The dashboard, as a person uses it. */
export class Dashboard {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async connect(wallet: string): Promise<void> {
    await this.#button(new RegExp(`^${wallet}`)).click();
  }

  /** From a wallet without a profile to one with keys. Gives the recovery words. */
  async join(password: string): Promise<string> {
    await this.#button("Begin").click();
    const window = await EnclaveWindow.openedBy(this.page, () => this.#button("Open the enclave").click());
    const words = await window.createWithPassword(password);
    await this.makeProfile();
    return words;
  }

  /** From keys to a profile. */
  async makeProfile(): Promise<void> {
    await this.#button("Sign and make my profile").click();
    await this.#button("Sign and link").click();
    // The form for a first credential comes once all of that is in blocks.
    await this.page.getByLabel("First names").waitFor();
  }

  /** Requests the first credential, of an issuer that takes people's word. */
  async requestCredential(subject: Subject): Promise<void> {
    const fill = (label: string, value: string) => this.page.getByLabel(label).fill(value);
    await fill("First names", subject.firstName);
    await fill("Family name", subject.familyName);
    await fill("Date of birth", subject.dateOfBirth);
    await fill("Nationality, two letters", subject.country);
    await fill("Country you live in, two letters", subject.country);
    await fill("Country of the document, two letters", subject.country);
    await fill("Number of the document", subject.documentNumber);
    await this.#button("Sign and request").click();
    await this.isAt("My data");
  }

  /** Waits for a screen. */
  async isAt(title: string): Promise<void> {
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor({ timeout: 25_000 });
  }

  /** Goes to a screen by the menu. */
  async goTo(name: string, title: string = name): Promise<void> {
    const menu = this.#button("Menu");
    if (await menu.isVisible()) {
      await menu.click();
    }
    await this.page
      .getByRole("navigation", { name: "Main" })
      .getByRole("link", { name, exact: true })
      .click();
    await this.isAt(title);
  }

  async openCredential(): Promise<void> {
    await this.goTo("My data");
    await this.page
      .getByRole("main")
      .getByRole("link", { name: /Details|Proof of identity/ })
      .first()
      .click();
    await this.isAt("Proof of identity");
  }

  /** Has the enclave show the credential that is open; it is unlocked by the password, if one is given. */
  async show(password?: string): Promise<void> {
    if (password === undefined) {
      await this.#button("Open", true).click();
      return;
    }
    const window = await EnclaveWindow.openedBy(this.page, () => this.#button("Open", true).click());
    await window.unlockByPassword(password);
    await window.closed();
  }

  /** Has the enclave tell what there is to unlock by. */
  async showFactors(password: string): Promise<void> {
    const change = this.#button("Change the password");
    await this.page.getByRole("button", { name: /^(Unlock|Lock now)$/ }).waitFor();
    if (await change.isVisible()) {
      return;
    }
    if (await this.page.getByText("Unlocked in the enclave").isVisible()) {
      await this.#button("Ways to unlock").click();
    } else {
      const window = await this.windowBy("Unlock");
      await window.unlockByPassword(password);
    }
    await change.waitFor({ timeout: 25_000 });
  }

  async lock(): Promise<void> {
    await this.#button("Lock now").click();
    await this.says("The keys are locked on this device.");
  }

  /** Links a wallet of the browser to the profile. */
  async addWallet(name: string): Promise<void> {
    await this.goTo("Wallets");
    await this.#button("Add a wallet").click();
    await this.page
      .getByRole("dialog")
      .getByRole("button", { name: new RegExp(`^${name}`) })
      .click();
    await this.says("The wallet is linked.");
  }

  /** The frame of the enclave. */
  enclave(): FrameLocator {
    return this.page.frameLocator('iframe[title="idOS enclave"]');
  }

  async closeFrame(): Promise<void> {
    await this.page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  }

  /** Shares the credential that is open, without a lock. Gives the enclave's window. */
  async share(recipient: string): Promise<EnclaveWindow> {
    await this.#button("Share", true).click();
    const dialog = this.page.getByRole("dialog");
    await dialog.getByLabel("Recipient").selectOption({ label: recipient });
    return EnclaveWindow.openedBy(this.page, () =>
      dialog.getByRole("button", { name: "Review in the enclave" }).click(),
    );
  }

  /** The grants that are shown. */
  grants(): Locator {
    return this.page.getByRole("main").getByRole("listitem");
  }

  async revoke(grant: Locator): Promise<void> {
    await grant.getByRole("button", { name: /^Revoke/ }).click();
    await this.page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await this.page.getByText("Revoked.").waitFor();
  }

  /** Presses a button, and gives the enclave's window that it opens. */
  windowBy(button: string): Promise<EnclaveWindow> {
    return EnclaveWindow.openedBy(this.page, () => this.#button(button, true).click());
  }

  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor({ timeout: 25_000 });
  }

  /** Erases the profile for good, from the screen that is for it. */
  async erase(): Promise<void> {
    await this.page.getByLabel(/^Type “erase”/).fill("erase");
    await this.#button("Erase my profile for good").click();
    await this.isAt("Your profile is erased");
  }

  #button(name: string | RegExp, exact = false): Locator {
    return this.page.getByRole("button", { name, exact }).first();
  }
}
