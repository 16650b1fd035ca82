// Passkeys, by the browser's own virtual authenticator.

import type { Created } from "idos-client/enclave";
import { KeyRing } from "idos-crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newHolder, typePassword, type Visit } from "../support/browser.ts";
import { Offline } from "../support/offline.ts";

const PASSWORD = "seven purple kettles";
let sites: Offline;
let visit: Visit;

beforeAll(async () => {
  sites = await Offline.start();
  visit = await sites.visit();
});

afterAll(async () => {
  await sites?.close();
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
  const holder = await newHolder(visit, PASSWORD, false);
  const { encryptionPublicKey } = holder;
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
