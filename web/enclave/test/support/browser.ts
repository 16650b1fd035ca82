// A browser with a page, its enclave, and whoever sits before them.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Created, EnclaveApi, Holder } from "idos-client/enclave";
import { launchChromiumIn } from "idos-testing/chromium";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type {} from "./page.ts";
import { watch } from "./watch.ts";

export type Outcome = { readonly result?: unknown; readonly reason?: string; readonly message?: string };

/** One person's browser, with a page that opened the enclave. */
export class Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What any document of this browser put on the network. */
  readonly sent: string[] = [];
  /** What browsers complained of: refused by policy, for instance. */
  readonly complaints: string[] = [];
  #pageUrl: string;
  #enclaveUrl: string;

  private constructor(context: BrowserContext, page: Page, pageUrl: string, enclaveUrl: string) {
    this.context = context;
    this.page = page;
    this.#pageUrl = pageUrl;
    this.#enclaveUrl = enclaveUrl;
    context.on("request", (request) => this.sent.push(`${request.url()} ${request.postData() ?? ""}`));
    context.on("console", (message) => {
      if (message.type() === "error") {
        this.complaints.push(message.text());
      }
    });
    context.on("weberror", (error) => this.complaints.push(String(error.error())));
  }

  /** A private window of the browser: it refuses storage to frames of other sites. */
  static async begin(browser: Browser, pageUrl: string, enclaveUrl: string): Promise<Visit> {
    return Visit.in(await browser.newContext({ viewport: { width: 900, height: 900 } }), pageUrl, enclaveUrl);
  }

  /** A browser with a profile in this folder, which keeps what frames store, apart for each site around them. */
  static async withProfile(folder: string, pageUrl: string, enclaveUrl: string): Promise<Visit> {
    mkdirSync(join(folder, "Default"));
    const profile = { cookie_controls_mode: 0, block_third_party_cookies: false };
    writeFileSync(join(folder, "Default/Preferences"), JSON.stringify({ profile }));
    return Visit.in(await launchChromiumIn(folder), pageUrl, enclaveUrl);
  }

  private static async in(context: BrowserContext, pageUrl: string, enclaveUrl: string): Promise<Visit> {
    await context.addInitScript(watch);
    const visit = new Visit(context, await context.newPage(), pageUrl, enclaveUrl);
    await visit.load();
    return visit;
  }

  /** Loads the page anew, with its enclave. */
  async load(): Promise<void> {
    await this.page.goto(this.#pageUrl);
    await this.page.waitForFunction(() => window.idos !== undefined);
    await this.page.evaluate((url) => window.idos.open(url), this.#enclaveUrl);
  }

  /** Asks what needs no window. */
  ask(method: keyof EnclaveApi, argument: unknown): Promise<Outcome> {
    return this.page.evaluate(([name, given]) => window.idos.ask(name, given), [method, argument] as const);
  }

  /** Asks by one click in the page; `act` is what the person does in the window. */
  async inWindow(
    method: keyof EnclaveApi,
    argument: unknown,
    act: (popup: Page) => Promise<void>,
  ): Promise<Outcome> {
    await this.page.evaluate(([name, given]) => window.idos.prepare(name, given), [
      method,
      argument,
    ] as const);
    await this.page.bringToFront();
    const opened = this.context.waitForEvent("page");
    await this.page.click("#go");
    await act(await opened);
    return this.page.evaluate(async (): Promise<Outcome> => {
      return (await window.idos.outcome) ?? { reason: "nothing was asked" };
    });
  }

  /** The frame of the enclave. */
  get frame() {
    return this.page.frameLocator("#enclave iframe");
  }

  /** Everything that the page saw, or could get at. */
  everything(): Promise<string> {
    return this.page.evaluate(() => (Reflect.get(window, "everything") as () => string)());
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

/** Types a new password twice, and sends the form. */
export async function choosePassword(window: Page, password: string, words = false): Promise<void> {
  await window.locator('input[type="password"]').first().fill(password);
  await window.locator('input[type="password"]').nth(1).fill(password);
  const checkbox = window.locator('input[type="checkbox"]');
  if ((await checkbox.count()) > 0 && !words) {
    await checkbox.uncheck();
  }
  await window.locator('form button[type="submit"]').click();
}

export async function typePassword(window: Page, password: string): Promise<void> {
  await window.locator('input[type="password"]').fill(password);
  await window.locator('form button[type="submit"]').click();
}

/** Reads the words that are shown, and types back those that are asked for. */
export async function learnWords(window: Page): Promise<string> {
  await window.locator("#words li").first().waitFor();
  const words = await window.locator("#words li").allTextContents();
  await window.getByRole("button", { name: "I have written them down" }).click();
  for (const input of await window.locator("input[data-word]").all()) {
    await input.fill(words[Number(await input.getAttribute("data-word"))] ?? "");
  }
  await window.locator('form button[type="submit"]').click();
  return words.join(" ");
}

/** Makes the keys of a new profile by a password, without recovery words. */
export async function newHolder(visit: Visit, password: string, compatible: boolean): Promise<Holder> {
  const userId = crypto.randomUUID();
  const { result } = await visit.inWindow("create", { userId, compatible }, (window) =>
    choosePassword(window, password),
  );
  const { encryptionPublicKey, keyRing } = result as Created;
  return { userId, encryptionPublicKey, keyRing };
}
