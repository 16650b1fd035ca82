// Ways to unlock: recovery words are added, ways are taken away, keys of other clients get a key ring; and recovery.

import { ed25519 } from "@noble/curves/ed25519.js";
import type { Created, FactorsChanged, Holder } from "idos-client/enclave";
import { KeyRing, Password, RecoveryWords, SecretKey } from "idos-crypto";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import {
  choosePassword,
  learnWords,
  newHolder,
  type Outcome,
  typePassword,
  type Visit,
} from "../support/browser.ts";
import { SECRET_NAME, sealedFor, signed } from "../support/credentials.ts";
import { Offline } from "../support/offline.ts";

const PASSWORD = "seven purple kettles";
const OTHER_PASSWORD = "eight yellow saucepans";

let sites: Offline;
let visit: Visit;

beforeAll(async () => {
  sites = await Offline.start();
});

afterAll(async () => {
  await sites?.close();
});

beforeEach(async () => {
  visit = await sites.visit();
});

afterEach(async () => {
  await visit?.close();
});

const click = (window: Page, name: string) => window.getByRole("button", { name, exact: true }).click();
const stored = () => visit.page.evaluate(() => window.idos.stored);
/** The holder with the ring that was stored last. */
const now = async (holder: Holder): Promise<Holder> => ({
  ...holder,
  keyRing: (await stored()).at(-1) ?? holder.keyRing,
});
const changing = (holder: Holder, change: object, act: (window: Page) => Promise<void>): Promise<Outcome> =>
  visit.inWindow("changeFactors", { ...holder, change }, act);

/** What the window says instead of doing it. */
const refused = (holder: Holder, change: object, text: string, isUnlocked = true): Promise<Outcome> =>
  changing(holder, change, async (window) => {
    if (isUnlocked) {
      await typePassword(window, PASSWORD);
    }
    await window.getByText(text).waitFor();
    await window.close();
  });

/** Adds recovery words; gives the holder as it is then, and the words. */
async function addWords(holder: Holder): Promise<{ holder: Holder; words: string; changed: FactorsChanged }> {
  let words = "";
  const { result } = await changing(holder, { kind: "add-words" }, async (window) => {
    await typePassword(window, PASSWORD);
    await click(window, "Show me the words");
    words = await learnWords(window);
  });
  return { holder: await now(holder), words, changed: result as FactorsChanged };
}

async function typeWords(window: Page, words: string): Promise<void> {
  await window.getByLabel("Recovery words").fill(words);
  await window.locator('form button[type="submit"]').click();
}

const verifies = (signature: string, text: string, publicKey: string) =>
  ed25519.verify(Buffer.from(signature, "hex"), Buffer.from(text), Buffer.from(publicKey, "hex"));

test("recovery words are shown once, two of them are asked for, and they unlock", async () => {
  const before = await newHolder(visit, PASSWORD, false);
  let words = "";
  const outcome = await changing(before, { kind: "add-words" }, async (window) => {
    await typePassword(window, PASSWORD);
    await click(window, "Show me the words");
    await window.locator("#words li").first().waitFor();
    const shown = await window.locator("#words li").allTextContents();
    expect(new Set(shown).size).toBeGreaterThan(12);
    expect(shown).toHaveLength(24);
    await click(window, "I have written them down");
    await expect.poll(() => window.locator("input[data-word]").count()).toBe(2);
    expect(await window.locator("#words").count()).toBe(0);
    for (const input of await window.locator("input[data-word]").all()) {
      await input.fill("zebra-crossing");
    }
    await window.locator('form button[type="submit"]').click();
    await window.getByText("That is not the word at this place").waitFor();
    expect(await stored()).toEqual([]);
    await click(window, "Show the words again");
    words = await learnWords(window);
    expect(words.split(" ")).toEqual(shown);
  });
  const { factors, recovery, encryptionPublicKey } = outcome.result as FactorsChanged;
  expect(factors).toEqual([
    { id: 1, kind: "password" },
    { id: 2, kind: "words" },
  ]);
  expect(encryptionPublicKey).toBe(before.encryptionPublicKey);
  expect(recovery?.message).toContain(`profile: ${before.userId}`);
  expect(verifies(recovery?.signature ?? "", recovery?.message ?? "", recovery?.publicKey ?? "")).toBe(true);
  expect(await stored()).toHaveLength(1);

  await visit.ask("lock", null);
  const unlocked = await visit.inWindow("unlock", await now(before), async (window) => {
    await click(window, "Use recovery words instead");
    await typeWords(window, RecoveryWords.generate().expose());
    await window.getByText("These words do not open your data").waitFor();
    await typeWords(window, words);
  });
  expect(unlocked.result).toMatchObject({ encryptionPublicKey, factors });
  expect(visit.complaints).toEqual([]);
  const everything = `${await visit.everything()}\n${visit.sent.join("\n")}`;
  expect(everything).not.toContain(words.split(" ").slice(0, 3).join(" "));
  expect(everything).not.toContain(PASSWORD);
});

test("words that were not proved to be written down are added nowhere", async () => {
  const holder = await newHolder(visit, PASSWORD, false);
  const outcome = await changing(holder, { kind: "add-words" }, async (window) => {
    await typePassword(window, PASSWORD);
    await click(window, "Show me the words");
    await click(window, "I have written them down");
    await window.locator("input[data-word]").first().waitFor();
    await window.close();
  });
  expect(outcome).toMatchObject({ reason: "Declined" });
  const declined = await changing(holder, { kind: "add-words" }, async (window) => {
    await typePassword(window, PASSWORD);
    await click(window, "Cancel");
  });
  expect(declined).toMatchObject({ reason: "Declined" });
  expect(await stored()).toEqual([]);
});

test("a way to unlock is taken away; the last one stays", async () => {
  const first = await newHolder(visit, PASSWORD, false);
  const { holder, words, changed } = await addWords(first);
  const id = changed.factors.find(({ kind }) => kind === "words")?.id;
  const remove = { kind: "remove", factorId: id };
  const declined = await changing(holder, remove, async (window) => {
    await typePassword(window, PASSWORD);
    await window.getByText("no longer opens with this set of recovery words").waitFor();
    await window.getByText("Only your password is left").waitFor();
    await click(window, "Cancel");
  });
  expect(declined).toMatchObject({ reason: "Declined" });
  expect(await stored()).toHaveLength(1);
  const removed = await changing(holder, remove, async (window) => {
    await typePassword(window, PASSWORD);
    await click(window, "Take it away");
  });
  expect(removed.result).toMatchObject({ factors: [{ id: 1, kind: "password" }], recovery: null });

  const after = await now(holder);
  const ring = KeyRing.fromBase64(after.keyRing ?? "", after.userId);
  await expect(ring.unlock({ kind: "words", words: RecoveryWords.parse(words) }, 0n)).rejects.toMatchObject({
    reason: "NoSuchFactor",
  });
  expect(await refused(after, { kind: "remove", factorId: 1 }, "this is the last")).toMatchObject({
    reason: "KeyRing",
  });
  expect(await refused(after, remove, "no such way to unlock")).toMatchObject({ reason: "BadRequest" });
  expect(await stored()).toHaveLength(2);

  // The ring from before, handed out again to who has the words: the enclave has opened a newer one.
  await visit.ask("lock", null);
  const opened = await visit.inWindow("unlock", after, (window) => typePassword(window, PASSWORD));
  expect(opened.result).toMatchObject({ factors: [{ id: 1, kind: "password" }] });
  await visit.ask("lock", null);
  await visit.inWindow("recover", null, (window) => typeWords(window, words));
  expect(await visit.ask("unlock", holder)).toMatchObject({ reason: "KeyRing" });
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId: null } });
});

test("with the password taken away, the words unlock alone", async () => {
  const { holder, words } = await addWords(await newHolder(visit, PASSWORD, false));
  const removed = await changing(holder, { kind: "remove", factorId: 1 }, async (window) => {
    await typePassword(window, PASSWORD);
    await window.getByText("no longer opens with this password").waitFor();
    await window.getByText("the one that you unlocked with just now").waitFor();
    await click(window, "Take it away");
  });
  expect(removed.result).toMatchObject({ factors: [{ id: 2, kind: "words" }] });
  await visit.ask("lock", null);
  const unlocked = await visit.inWindow("unlock", await now(holder), async (window) => {
    await window.getByLabel("Recovery words").waitFor();
    expect(await window.locator('input[type="password"]').count()).toBe(0);
    await typeWords(window, words);
  });
  expect(unlocked.result).toMatchObject({ encryptionPublicKey: holder.encryptionPublicKey });
});

test("a key from a password gets a key ring, and what was sealed before still opens", async () => {
  const before = await newHolder(visit, PASSWORD, true);
  const credential = sealedFor(before.encryptionPublicKey, signed(SecretKey.generate().expose()));
  const value = "+351 555 0142 77";
  const empty = { id: crypto.randomUUID(), key: "phoneNumber", value: null };
  const typed = await visit.inWindow("editAttribute", empty, async (window) => {
    await window.getByLabel("Value").fill(value);
    await click(window, "Encrypt and save");
  });
  expect(typed.result).toMatchObject({ value: expect.stringMatching(/^idos:box:/) });
  expect(await refused(before, { kind: "add-words" }, "adopt one first", false)).toMatchObject({
    reason: "BadRequest",
  });

  const adopting = async (window: Page) => {
    await typePassword(window, OTHER_PASSWORD);
    await window.getByText("That is not the password").waitFor();
    await typePassword(window, PASSWORD);
    await window.getByRole("heading", { name: "Move to a better key" }).waitFor();
    await choosePassword(window, OTHER_PASSWORD);
  };
  // A network that loses the ring: nothing changes, and the password is the key as before.
  await visit.page.evaluate(() => {
    window.idos.storing = () => "";
  });
  const lost = await changing(before, { kind: "adopt" }, async (window) => {
    await adopting(window);
    await window.getByText("That did not work").waitFor();
    await window.close();
  });
  expect(lost).toMatchObject({ reason: "KeyRing" });
  await visit.page.evaluate(() => {
    window.idos.storing = (keyRing) => keyRing;
  });
  const adopted = await changing(before, { kind: "adopt" }, adopting);
  expect(adopted.result).toEqual({
    encryptionPublicKey: before.encryptionPublicKey,
    factors: [{ id: 1, kind: "password" }],
    recovery: null,
  });

  const after = await now(before);
  const ring = KeyRing.fromBase64(after.keyRing ?? "", after.userId);
  const by = (password: string) => ring.unlock({ kind: "password", password: new Password(password) }, 0n);
  await expect(by(PASSWORD)).rejects.toMatchObject({ reason: "WrongPassword" });
  await visit.ask("lock", null);
  const unlocked = await visit.inWindow("unlock", after, async (window) => {
    await typePassword(window, PASSWORD);
    await window.getByText("That is not the password").waitFor();
    await typePassword(window, OTHER_PASSWORD);
  });
  expect(unlocked.result).toMatchObject({ factors: [{ id: 1, kind: "password" }] });
  expect(await visit.ask("show", { credential })).toEqual({ result: null });
  await visit.frame.getByText(SECRET_NAME, { exact: true }).waitFor();
  expect(await visit.ask("showAttributes", { attributes: [typed.result] })).toEqual({ result: null });
  expect(await visit.frame.locator("dd").allTextContents()).toEqual([value]);
  const sealed = await visit.inWindow("editAttribute", empty, async (window) => {
    await window.getByLabel("Value").fill(value);
    await click(window, "Encrypt and save");
  });
  expect(sealed.result).toMatchObject({ value: expect.stringMatching(/^idos:envelope:/) });
  expect(await refused(after, { kind: "adopt" }, "has a key ring already", false)).toMatchObject({
    reason: "BadRequest",
  });
});

/** A profile with recovery words, locked, in a browser whose clock can be turned. */
async function lockedWithWords(): Promise<{ holder: Holder; words: string; publicKey: string }> {
  const userId = crypto.randomUUID();
  let words = "";
  const { result } = await visit.inWindow("create", { userId, compatible: false }, async (window) => {
    await choosePassword(window, PASSWORD, true);
    words = await learnWords(window);
  });
  await visit.ask("lock", null);
  await visit.page.clock.install();
  await visit.load();
  const { encryptionPublicKey, keyRing, recovery } = result as Created;
  return { holder: { userId, encryptionPublicKey, keyRing }, words, publicKey: recovery?.publicKey ?? "" };
}

const sign = (text: string) => visit.ask("signAsRecovery", { text });

test("the wallet of the words signs for ten minutes", async () => {
  const { holder, words, publicKey } = await lockedWithWords();
  expect(await sign("x")).toMatchObject({ reason: "Locked" });
  const recovered = await visit.inWindow("recover", null, async (window) => {
    const swapped = words.split(" ").reverse().join(" ").replace(/^\w+/, "idos");
    await typeWords(window, swapped);
    await window.getByText("Word 1 is not one").waitFor();
    await typeWords(window, words);
  });
  expect(recovered).toEqual({ result: { publicKey } });
  const text = "operation: link\nchain id: idos-test";
  const { signature } = (await sign(text)).result as { signature: string };
  expect(verifies(signature, text, publicKey)).toBe(true);
  await visit.page.clock.fastForward("09:30");
  expect(await sign(text)).toEqual({ result: { signature } });
  await visit.page.clock.fastForward("00:31");
  expect(await sign(text)).toMatchObject({ reason: "Locked" });
  // The words unlock nothing by themselves any more either: the window asks for them.
  const asked = await visit.inWindow("unlock", holder, async (window) => {
    await window.getByRole("heading", { name: "Unlock your data" }).waitFor();
    await click(window, "Cancel");
  });
  expect(asked).toMatchObject({ reason: "Declined" });
});

test("ten minutes are over too when the machine slept, and a lock ends them", async () => {
  const { words, publicKey } = await lockedWithWords();
  const recover = async () => {
    const recovered = await visit.inWindow("recover", null, (window) => typeWords(window, words));
    expect(recovered).toEqual({ result: { publicKey } });
    expect(await sign("x")).toHaveProperty("result");
  };
  await recover();
  // Timers do not run while a machine sleeps: the time goes on, and none has fired.
  const later = await visit.page.evaluate(() => Date.now() + 11 * 60_000);
  await visit.page.clock.setSystemTime(later);
  expect(await sign("x")).toMatchObject({ reason: "Locked" });
  await recover();
  await visit.ask("lock", null);
  expect(await sign("x")).toMatchObject({ reason: "Locked" });
  const declined = await visit.inWindow("recover", null, (window) => click(window, "Cancel"));
  expect(declined).toMatchObject({ reason: "Declined" });
  expect(await sign("x")).toMatchObject({ reason: "Locked" });
});
