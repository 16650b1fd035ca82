// The enclave in a real browser, on another site than the page, with the headers of its server and a real network.

import type { Created, ShareReceipt } from "idos-client/enclave";
import { contentHash, KeyRing, keyFromPassword, open, Password, Sealed } from "idos-crypto";
import { launchChromium } from "idos-testing/chromium";
import { TestNetwork, type TestParty } from "idos-testing/network";
import type { Site } from "idos-testing/site";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { SHOWN_HEIGHT } from "../../src/frame/stage.ts";
import {
  choosePassword,
  learnWords,
  newHolder as madeHolder,
  typePassword,
  Visit,
} from "../support/browser.ts";
import { SECRET_NAME, sealedFor, signed, textOf } from "../support/credentials.ts";
import { enclaveSite, pageSite } from "../support/sites.ts";

const PASSWORD = "seven purple kettles";
const OTHER_PASSWORD = "eight yellow saucepans";

let browser: Browser;
let network: TestNetwork;
let bank: TestParty;
let issuer: TestParty;
let page: Site;
let enclave: Site;
let visit: Visit;
let nodes: readonly string[];

beforeAll(async () => {
  network = await TestNetwork.start();
  nodes = [network.url];
  bank = await network.admit("Sample Bank", "consumer");
  issuer = await network.admit("Sample Issuer", "issuer");
  page = await pageSite();
  const config = () => ({
    network: { chainId: network.chainId, nodes, checkpoint: network.checkpoint },
    enclave: null,
    issuers: [],
    dashboard: null,
    demo: null,
    development: true,
  });
  enclave = await enclaveSite(config, () => nodes);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([page?.close(), enclave?.close(), network?.stop()]);
});

afterEach(async () => {
  await visit?.close();
});

const pageUrl = () => `http://127.0.0.1:${page.port}/`;
const enclaveUrl = () => `http://localhost:${enclave.port}`;
const begin = async () => {
  visit = await Visit.begin(browser, pageUrl(), enclaveUrl());
};

const newHolder = (compatible: boolean) => madeHolder(visit, PASSWORD, compatible);
const agree = (window: Page) => window.getByRole("button", { name: "Share", exact: true }).click();
const party = () => ({ kind: "party", partyId: bank.id });
const share = (credential: object, recipient: object) => ({
  credential,
  recipient,
  lockedUntil: 0,
  expiresAt: 0,
});

test("a password makes keys; after a lock it unlocks them again, and a wrong one does not", async () => {
  await begin();
  const holder = await newHolder(false);
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId: holder.userId } });
  await visit.ask("lock", null);
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId: null } });
  expect(await visit.ask("show", { credential: sealedFor(holder.encryptionPublicKey, {}) })).toMatchObject({
    reason: "Locked",
  });
  const unlocked = await visit.inWindow("unlock", holder, async (window) => {
    await typePassword(window, OTHER_PASSWORD);
    await window.getByText("That is not the password").waitFor();
    await typePassword(window, PASSWORD);
  });
  expect(unlocked.result).toMatchObject({ factors: [{ id: 1, kind: "password" }] });
  expect(visit.complaints).toEqual([]);
});

test("a credential is shared with the key that the network proves; the page gets a receipt", async () => {
  await begin();
  const holder = await newHolder(false);
  const document = signed(issuer.signing);
  const credential = sealedFor(holder.encryptionPublicKey, document);
  const outcome = await visit.inWindow("share", share(credential, party()), async (window) => {
    await window.getByText("Sample Bank").waitFor();
    await expect(window.locator(".asker").textContent()).resolves.toContain(`127.0.0.1:${page.port}`);
    await window.getByText("Signature checked").waitFor();
    await window.getByText(SECRET_NAME).waitFor();
    await agree(window);
  });
  const receipt = outcome.result as ShareReceipt;
  expect(receipt).toMatchObject({ name: "Sample Bank", grantee: bank.address });
  const copy = open(bank.encryption, Sealed.fromBase64(receipt.content, receipt.encryptorPublicKey));
  expect(copy).toEqual(textOf(document));
  expect(receipt.contentHash).toBe(contentHash(copy));

  expect(await visit.ask("show", { credential })).toEqual({ result: null });
  await visit.frame.getByText(SECRET_NAME, { exact: true }).waitFor();
  await expect.poll(() => visit.page.locator("iframe").evaluate((it) => it.clientHeight)).toBe(SHOWN_HEIGHT);
  // What is longer is reached by the keyboard alone.
  await visit.frame.locator("summary").click();
  await visit.frame.locator("article").press("End");
  await expect.poll(() => visit.frame.locator("html").evaluate((it) => it.scrollTop)).toBeGreaterThan(0);

  // Neither plaintext nor keys are anywhere in the page, its messages, its storage, or on the network.
  const ring = KeyRing.fromBase64(holder.keyRing ?? "", holder.userId);
  const { keys } = await ring.unlock({ kind: "password", password: new Password(PASSWORD) }, 0n);
  const secrets = Buffer.from(keys.expose());
  const everything = `${await visit.everything()}\n${visit.sent.join("\n")}`;
  expect(everything).toContain(receipt.content);
  const halves = [secrets.subarray(0, 32), secrets.subarray(32, 64)];
  for (const secret of [
    SECRET_NAME,
    PASSWORD,
    ...halves.flatMap((it) => [it.toString("hex"), it.toString("base64")]),
  ]) {
    expect(everything).not.toContain(secret);
  }
  expect(visit.complaints).toEqual([]);
});

test("another key than the one that the network proves is refused, whoever gives it", async () => {
  await begin();
  const holder = await newHolder(false);
  const credential = sealedFor(holder.encryptionPublicKey, signed(issuer.signing));
  const other = issuer.encryption.publicKey().toBase64();
  const refused = (recipient: object) =>
    visit.inWindow("share", share(credential, recipient), async (window) => {
      await window.getByText("That did not work").waitFor();
      await window.close();
    });
  expect(await refused({ ...party(), encryptionPublicKey: other })).toMatchObject({ reason: "RecipientKey" });
  expect(
    await refused({ kind: "unlisted", grantee: bank.address.toUpperCase(), encryptionPublicKey: other }),
  ).toMatchObject({ reason: "RecipientKey" });
  expect(await refused({ kind: "party", partyId: issuer.id })).toMatchObject({ reason: "RecipientKey" });
  const unknown = await visit.inWindow(
    "share",
    share(credential, { kind: "unlisted", grantee: "0xab", encryptionPublicKey: other }),
    async (window) => {
      await window.getByText("The network does not know this recipient").waitFor();
      await window.getByRole("button", { name: "Do not share" }).click();
    },
  );
  expect(unknown).toMatchObject({ reason: "Declined" });
});

test("a broken signature is not shared, an expired credential only after a warning", async () => {
  await begin();
  const holder = await newHolder(true);
  const whole = signed(issuer.signing);
  const forged = sealedFor(holder.encryptionPublicKey, {
    ...whole,
    credentialSubject: { familyName: "Other" },
  });
  const outcome = await visit.inWindow("share", share(forged, party()), async (window) => {
    await window.getByText("it was changed after its issuer signed it").waitFor();
    await window.close();
  });
  expect(outcome).toMatchObject({ reason: "InvalidCredential" });
  const expired = signed(issuer.signing, { familyName: "A" }, { validUntil: "2025-01-01T00:00:00Z" });
  const warned = await visit.inWindow(
    "share",
    share(sealedFor(holder.encryptionPublicKey, expired), party()),
    async (window) => {
      await window.getByText("This credential has expired.").waitFor();
      await agree(window);
    },
  );
  expect(warned.result).toMatchObject({ name: "Sample Bank" });
});

test("a password of the compatible suite gives the key of other clients", async () => {
  await begin();
  const holder = await newHolder(true);
  const key = await keyFromPassword(new Password(PASSWORD), holder.userId);
  expect(holder).toMatchObject({ keyRing: null, encryptionPublicKey: key.publicKey().toBase64() });
  await visit.ask("lock", null);
  const credential = sealedFor(holder.encryptionPublicKey, signed(issuer.signing));
  // One click: the same window unlocks and asks.
  const outcome = await visit.inWindow("share", { ...share(credential, party()), holder }, async (window) => {
    await typePassword(window, OTHER_PASSWORD);
    await window.getByText("That is not the password").waitFor();
    await typePassword(window, PASSWORD);
    await agree(window);
  });
  expect(outcome.result).toMatchObject({ name: "Sample Bank" });
});

test("recovery words get the keys back, and their wallet signs", async () => {
  await begin();
  const userId = crypto.randomUUID();
  let words = "";
  const { result } = await visit.inWindow("create", { userId, compatible: false }, async (window) => {
    await choosePassword(window, PASSWORD, true);
    words = await learnWords(window);
  });
  const created = result as Created;
  expect(created.recovery?.message).toContain(`profile: ${userId}`);
  await visit.ask("lock", null);
  expect(await visit.ask("signAsRecovery", { text: "x" })).toMatchObject({ reason: "Locked" });
  const recovered = await visit.inWindow("recover", null, async (window) => {
    await window.locator("textarea").fill(words);
    await window.getByRole("button", { name: "Recover" }).click();
  });
  expect(recovered.result).toEqual({ publicKey: created.recovery?.publicKey });
  const { encryptionPublicKey, keyRing } = created;
  // Without a window: the words were typed a moment ago.
  const unlocked = await visit.ask("unlock", { userId, encryptionPublicKey, keyRing });
  expect(unlocked.result).toMatchObject({ factors: [{ kind: "password" }, { kind: "words" }] });
  expect(await visit.ask("signAsRecovery", { text: "x" })).toMatchObject({
    result: { signature: expect.stringMatching(/^[0-9a-f]{128}$/) },
  });
  expect(await visit.everything()).not.toContain(words.split(" ").slice(0, 3).join(" "));
});

test("a new password replaces the old one, once the network has it", async () => {
  await begin();
  const holder = await newHolder(false);
  const change = { ...holder, change: { kind: "password" } };
  const changing = async (window: Page) => {
    await typePassword(window, PASSWORD);
    await window.getByRole("heading", { name: "Choose a new password" }).waitFor();
    await choosePassword(window, OTHER_PASSWORD);
  };
  // A network that keeps the old ring: the change stops, and the old password still opens.
  await visit.page.evaluate((old) => {
    window.idos.storing = () => old;
  }, holder.keyRing ?? "");
  const stopped = await visit.inWindow("changeFactors", change, async (window) => {
    await changing(window);
    await window.getByText("keep your old password").waitFor();
    await window.close();
  });
  expect(stopped).toMatchObject({ reason: "KeyRing" });
  await visit.page.evaluate(() => {
    window.idos.storing = (keyRing) => keyRing;
  });
  const changed = await visit.inWindow("changeFactors", change, changing);
  expect(changed.result).toMatchObject({ factors: [{ kind: "password" }] });
  const ring = KeyRing.fromBase64(
    (await visit.page.evaluate(() => window.idos.stored.at(-1))) ?? "",
    holder.userId,
  );
  const by = (password: string) => ring.unlock({ kind: "password", password: new Password(password) }, 0n);
  await expect(by(PASSWORD)).rejects.toMatchObject({ reason: "WrongPassword" });
  expect((await by(OTHER_PASSWORD)).keys.publicKey().toBase64()).toBe(holder.encryptionPublicKey);
  // Once the new one opened here, the old ring is refused when it is handed out again.
  await visit.ask("lock", null);
  const now = { ...holder, keyRing: ring.toBase64() };
  const opened = await visit.inWindow("unlock", now, (window) => typePassword(window, OTHER_PASSWORD));
  expect(opened.result).toMatchObject({ encryptionPublicKey: holder.encryptionPublicKey });
  await visit.ask("lock", null);
  const old = await visit.inWindow("unlock", holder, async (window) => {
    await typePassword(window, PASSWORD);
    await window.getByText("was seen before").waitFor();
    await window.close();
  });
  expect(old).toMatchObject({ reason: "KeyRing" });
});
