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

interface Stored {
  readonly credentialId: string;
}

/** Gives a window an authenticator, with the passkeys that an earlier one had; gives back those that it has after. */
async function withAuthenticator(
  popup: Page,
  hasPrf: boolean,
  before: readonly Stored[],
  act: () => Promise<void>,
): Promise<readonly Stored[]> {
  const session = await visit.context.newCDPSession(popup);
  await session.send("WebAuthn.enable");
  const options = {
    protocol: "ctap2" as const,
    ctap2Version: "ctap2_1" as const,
    transport: "internal" as const,
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    hasPrf,
  };
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", { options });
  for (const credential of before) {
    await session.send("WebAuthn.addCredential", { authenticatorId, credential: credential as never });
  }
  let after: readonly Stored[] = before;
  session.on("WebAuthn.credentialAdded", () => undefined);
  await act();
  if (!popup.isClosed()) {
    const { credentials } = await session.send("WebAuthn.getCredentials", { authenticatorId });
    after = credentials;
  }
  return after;
}

test("a passkey makes keys and adds to them; without the extension it is refused", async () => {
  const userId = crypto.randomUUID();
  const refused = await visit.inWindow("create", { userId, compatible: false }, async (popup) => {
    await withAuthenticator(popup, false, [], async () => {
      await popup.locator('input[type="checkbox"]').uncheck();
      await popup.getByRole("button", { name: "With a passkey" }).click();
      await popup.getByText("lacks the PRF extension").waitFor();
    });
    await popup.close();
  });
  expect(refused).toMatchObject({ reason: "Unsupported" });

  const made = await visit.inWindow("create", { userId, compatible: false }, async (popup) => {
    await withAuthenticator(popup, true, [], async () => {
      await popup.locator('input[type="checkbox"]').uncheck();
      await popup.getByRole("button", { name: "With a passkey" }).click();
    });
  });
  const { keyRing } = made.result as Created;
  expect(KeyRing.fromBase64(keyRing ?? "", userId).wraps.map(({ by }) => by.kind)).toEqual(["passkey"]);
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId, passkeys: true } });
  await visit.ask("lock", null);
});

test("a passkey that was added to a password unlocks", async () => {
  const userId = crypto.randomUUID();
  const { result } = await visit.inWindow("create", { userId, compatible: false }, (popup) =>
    choosePassword(popup, PASSWORD),
  );
  const { encryptionPublicKey, keyRing } = result as Created;
  const holder = { userId, encryptionPublicKey, keyRing };
  let passkeys: readonly Stored[] = [];
  const added = await visit.inWindow(
    "changeFactors",
    { ...holder, change: { kind: "add-passkey" } },
    async (popup) => {
      // The passkey is taken out of the authenticator while the window waits for the page to store the ring.
      await visit.page.evaluate(() => {
        const { enclave } = window.idos;
        Reflect.set(window, "hold", new Promise((resolve) => Reflect.set(window, "go", resolve)));
        const held = window.idos.storing;
        window.idos.storing = (ring) => held(ring);
        return enclave !== undefined;
      });
      const session = await visit.context.newCDPSession(popup);
      await typePassword(popup, PASSWORD);
      await popup.getByRole("button", { name: "Add a passkey" }).waitFor();
      await session.send("WebAuthn.enable");
      const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
        options: {
          protocol: "ctap2",
          ctap2Version: "ctap2_1",
          transport: "internal",
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          hasPrf: true,
        },
      });
      const asserted = new Promise<void>((resolve) =>
        session.once("WebAuthn.credentialAdded", () => resolve()),
      );
      await popup.getByRole("button", { name: "Add a passkey" }).click();
      await asserted;
      ({ credentials: passkeys } = await session.send("WebAuthn.getCredentials", { authenticatorId }));
    },
  );
  expect(added.result).toMatchObject({ factors: [{ kind: "password" }, { kind: "passkey" }] });
  expect(passkeys).toHaveLength(1);
});
