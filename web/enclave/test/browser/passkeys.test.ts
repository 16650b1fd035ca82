// Passkeys, by the browser's own virtual authenticator.

import { genesisCheckpoint } from "idos-client";
import type { Created } from "idos-client/enclave";
import { KeyRing } from "idos-crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { choosePassword, launch, typePassword, Visit } from "../support/browser.ts";
import { enclaveSite, pageSite, type Site } from "../support/sites.ts";

const PASSWORD = "seven purple kettles";
/** Nothing here asks the network. */
const CONFIG = {
  network: {
    chainId: "idos-test",
    nodes: ["http://127.0.0.1:9"],
    checkpoint: genesisCheckpoint("idos-test", [{ key: "11".repeat(32), address: "127.0.0.1:9" }]),
  },
  enclave: null,
  issuers: [],
  dashboard: null,
  demo: null,
  development: true,
};

let browser: Browser;
let page: Site;
let enclave: Site;
let visit: Visit;

beforeAll(async () => {
  page = await pageSite();
  enclave = await enclaveSite(
    () => CONFIG,
    () => CONFIG.network.nodes,
  );
  browser = await launch();
  visit = await Visit.begin(browser, `http://127.0.0.1:${page.port}/`, `http://localhost:${enclave.port}`);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([page?.close(), enclave?.close()]);
});

/** Gives a window an authenticator. */
async function addAuthenticator(popup: Page, hasPrf: boolean): Promise<void> {
  const session = await visit.context.newCDPSession(popup);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      hasPrf,
    },
  });
}

test("a passkey makes keys; without the extension it is refused", async () => {
  const userId = crypto.randomUUID();
  const byPasskey = (hasPrf: boolean) => async (popup: Page) => {
    await addAuthenticator(popup, hasPrf);
    await popup.locator('input[type="checkbox"]').uncheck();
    await popup.getByRole("button", { name: "With a passkey" }).click();
  };
  const argument = { userId, compatible: false };
  const refused = await visit.inWindow("create", argument, async (popup) => {
    await byPasskey(false)(popup);
    await popup.getByText("lacks the PRF extension").waitFor();
    await popup.close();
  });
  expect(refused).toMatchObject({ reason: "Unsupported" });
  const made = await visit.inWindow("create", argument, byPasskey(true));
  const { keyRing } = made.result as Created;
  expect(KeyRing.fromBase64(keyRing ?? "", userId).wraps.map(({ by }) => by.kind)).toEqual(["passkey"]);
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId, passkeys: true } });
  await visit.ask("lock", null);
});

test("a passkey that was added to a password unlocks", async () => {
  const userId = crypto.randomUUID();
  const made = await visit.inWindow("create", { userId, compatible: false }, (popup) =>
    choosePassword(popup, PASSWORD),
  );
  const { encryptionPublicKey, keyRing } = made.result as Created;
  const holder = { userId, encryptionPublicKey, keyRing };
  // The authenticator belongs to one window, so both requests get the same one, which stays open.
  await visit.context.addInitScript(() => {
    if (location.pathname === "/window.html") {
      window.close = () => undefined;
    }
  });
  await visit.page.evaluate(() => {
    const real = window.open.bind(window);
    let opened = 0;
    window.open = (url, _, features) => {
      opened += 1;
      return real(String(url).replace("#", `?${opened}#`), "same", features);
    };
  });
  let popup: Page | undefined;
  const change = { ...holder, change: { kind: "add-passkey" } };
  const added = await visit.inWindow("changeFactors", change, async (window) => {
    popup = window;
    await addAuthenticator(window, true);
    await typePassword(window, PASSWORD);
    await window.getByRole("button", { name: "Add a passkey" }).click();
  });
  expect(added.result).toMatchObject({ factors: [{ kind: "password" }, { kind: "passkey" }] });
  await visit.ask("lock", null);
  const grown = (await visit.page.evaluate(() => window.idos.stored.at(-1))) ?? "";
  const unlocked = visit.ask("unlock", { ...holder, keyRing: grown });
  await popup?.getByRole("button", { name: "Unlock with a passkey" }).click();
  expect((await unlocked).result).toMatchObject({ encryptionPublicKey });
});
