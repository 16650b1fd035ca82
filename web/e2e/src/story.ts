import { type AccessGrant, IdosClient, type Person } from "idos-client";
import { developmentEvmProvider } from "idos-client/development";
import { connectEvm } from "idos-client/evm";
import { type PageConfig, parsePageConfig } from "idos-kit/page-config";
import { launchChromium } from "idos-testing/chromium";
import { installWallet, type TestWallet, WALLET_NAME } from "idos-testing/wallet";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { Devnet } from "./devnet.ts";
import { Bank } from "./objects/bank.ts";
import { Dashboard, type Subject } from "./objects/dashboard.ts";
import { type Secret, Witness } from "./witness.ts";

/** An invented person, with a name that nothing else contains. */
export const SUBJECT: Subject = {
  firstName: "Quillonia",
  familyName: "Featherbrook",
  dateOfBirth: "1991-07-23",
  country: "DE",
  documentNumber: "X9Q7Z4K21",
};

/** A browser of the person: a device. */
export interface Device {
  readonly context: BrowserContext;
  readonly dashboard: Dashboard;
  readonly bank: Bank;
  readonly wallet: TestWallet;
  readonly witness: Witness;
}

/** What the chapters share: one network, one person, the devices that they come with. */
export class Story {
  readonly devnet: Devnet;
  readonly browser: Browser;
  readonly config: PageConfig;
  /** The name under which the bank is known. */
  readonly bankName: string;
  readonly #bankParty: string;
  readonly #secret: Uint8Array;
  readonly #devices: Device[] = [];
  /** What pages wrote to their consoles, and what they did not catch. */
  readonly #said = new WeakMap<Page, string[]>();
  password = "meadow lantern 47 harbour";
  /** The recovery words, once they are written down. */
  words = "";

  private constructor(
    devnet: Devnet,
    browser: Browser,
    config: PageConfig,
    bank: { readonly name: string; readonly partyId: string },
  ) {
    this.devnet = devnet;
    this.browser = browser;
    this.config = config;
    this.bankName = bank.name;
    this.#bankParty = bank.partyId;
    this.#secret = crypto.getRandomValues(new Uint8Array(32));
  }

  static async begin(): Promise<Story> {
    const devnet = await Devnet.start();
    const browser = await launchChromium();
    const json = async (url: string) => (await fetch(url)).json();
    const config = parsePageConfig(await json(`${devnet.places.dashboard}/config.json`));
    const bank = (await json(`${devnet.places.demo}/api/terms`)) as { name: string; partyId: string };
    return new Story(devnet, browser, config, bank);
  }

  async end(): Promise<void> {
    await this.browser.close();
    await this.devnet.stop();
  }

  /** What every page shows: to understand a failure. */
  async shown(): Promise<string> {
    const pages = this.#devices.flatMap(({ context }) => context.pages());
    const told = pages.map(async (page) => {
      const text = await page
        .locator("body")
        .innerText({ timeout: 2_000 })
        .catch(() => "(cannot be read)");
      return `--- ${page.url()}\n${text}\n${this.#said.get(page)?.join("\n") ?? ""}`;
    });
    return (await Promise.all(told)).join("\n");
  }

  /** What pages may not know of the person. */
  get secrets(): readonly Secret[] {
    const { firstName, familyName, documentNumber } = SUBJECT;
    const texts = { firstName, familyName, documentNumber, password: this.password, words: this.words };
    return Object.entries(texts).flatMap(([name, text]) => (text === "" ? [] : [{ name, text }]));
  }

  /** The device that the person began with. */
  get first(): Device {
    const [device] = this.#devices;
    if (device === undefined) {
      throw new Error("the person has no device yet");
    }
    return device;
  }

  /** Another device of the person: nothing is on it, and a wallet in its browser, the person's unless told. */
  async newDevice(secret: Uint8Array = this.#secret): Promise<Device> {
    const { dashboard, demo } = this.devnet.places;
    const context = await this.browser.newContext({ acceptDownloads: true });
    context.on("page", (page) => this.#listenTo(page));
    const wallet = await installWallet(context, secret);
    const witness = await Witness.watching(context, [dashboard, demo]);
    const pages = [await context.newPage(), await context.newPage()] as const;
    const device = {
      context,
      wallet,
      witness,
      dashboard: new Dashboard(pages[0]),
      bank: new Bank(pages[1]),
    };
    this.#devices.push(device);
    return device;
  }

  #listenTo(page: Page): void {
    const said: string[] = [];
    this.#said.set(page, said);
    page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => said.push(`not caught: ${error.message}`));
  }

  /** Comes in to the dashboard with the device's wallet. */
  async signIn({ dashboard }: Device): Promise<void> {
    await dashboard.page.goto(this.devnet.places.dashboard);
    await dashboard.connect(WALLET_NAME);
  }

  /** The person by the SDK, with the same wallet: to try what pages do not offer. */
  async person(): Promise<Person> {
    const idos = new IdosClient(this.config.network);
    return idos.person(await connectEvm(developmentEvmProvider(this.#secret)));
  }

  /** What the person lets the bank read; the issuer has a grant as well. */
  async grantsToBank(): Promise<readonly AccessGrant[]> {
    const { value: bank } = await new IdosClient(this.config.network).party(this.#bankParty);
    const { value: grants } = await (await this.person()).grantsOwned();
    return grants.filter(({ grantee }) => grantee.toLowerCase() === bank?.address.toLowerCase());
  }
}
