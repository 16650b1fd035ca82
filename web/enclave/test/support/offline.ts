// Both sites and a browser without a network behind them: for what asks none.

import { genesisCheckpoint } from "idos-client";
import { launchChromium } from "idos-testing/chromium";
import type { Site } from "idos-testing/site";
import type { Browser } from "playwright-core";
import { Visit } from "./browser.ts";
import { enclaveSite, pageSite } from "./sites.ts";

const NODE = "http://127.0.0.1:9";
const CONFIG = {
  network: {
    chainId: "idos-test",
    nodes: [NODE],
    checkpoint: genesisCheckpoint("idos-test", [{ key: "11".repeat(32), address: "127.0.0.1:9" }]),
  },
  enclave: null,
  issuers: [],
  dashboard: null,
  demo: null,
  development: true,
};

/** The sites and the browser, until they are closed. */
export class Offline {
  readonly #browser: Browser;
  readonly #page: Site;
  readonly #enclave: Site;

  private constructor(browser: Browser, page: Site, enclave: Site) {
    this.#browser = browser;
    this.#page = page;
    this.#enclave = enclave;
  }

  static async start(): Promise<Offline> {
    const page = await pageSite();
    const enclave = await enclaveSite(
      () => CONFIG,
      () => [NODE],
    );
    return new Offline(await launchChromium(), page, enclave);
  }

  get pageUrl(): string {
    return `http://127.0.0.1:${this.#page.port}/`;
  }

  get enclaveUrl(): string {
    return `http://localhost:${this.#enclave.port}`;
  }

  visit(): Promise<Visit> {
    return Visit.begin(this.#browser, this.pageUrl, this.enclaveUrl);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await Promise.all([this.#page.close(), this.#enclave.close()]);
  }
}
