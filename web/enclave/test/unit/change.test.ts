// @vitest-environment happy-dom
// How a profile unlocks is changed by one who unlocks it, on the ring that is stored.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FactorChange } from "idos-client/enclave";
import {
  KeyRing,
  keyFromPassword,
  type NewFactor,
  Password,
  PasswordCost,
  RecoveryWords,
  UserKey,
  wipe,
} from "idos-crypto";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { PersonKeys } from "../../src/keys/person-keys.ts";
import { rememberRevision, revisionSeen } from "../../src/page/memory.ts";
import { TEXTS } from "../../src/texts.ts";
import { change } from "../../src/window/change.ts";
import { create } from "../../src/window/create.ts";
import { Screen } from "../../src/window/screen.ts";
import { unlock } from "../../src/window/unlock.ts";
import { PUBLIC_KEY } from "../support/keys.ts";

const ORIGIN = "https://page.example";
const SEALED = join(import.meta.dirname, "../../../../fixtures/crypto/sealed.json");
const person = JSON.parse(readFileSync(SEALED, "utf8")).key_ring_1;
const NEW_PASSWORD = "four unrelated words here";

let main: HTMLElement;

beforeAll(() => {
  // What guessing costs is tested where keys are derived.
  Object.assign(PasswordCost, { DEFAULT: PasswordCost.LEAST });
});

beforeEach(() => {
  localStorage.clear();
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  main = document.createElement("main");
  document.body.replaceChildren(main);
});

/** Waits until a button can be clicked. */
async function works(selector: string): Promise<HTMLButtonElement | null> {
  const found = () => main.querySelector<HTMLButtonElement>(selector);
  await vi.waitFor(() => expect(found()?.disabled).toBe(false), { timeout: 60_000 });
  return found();
}

/** Waits for a screen, fills its passwords, and sends its form. */
async function type(title: string, typed: string): Promise<void> {
  await vi.waitFor(() => expect(main.querySelector("h1")?.textContent).toBe(title), { timeout: 60_000 });
  for (const input of main.querySelectorAll<HTMLInputElement>("input[type=password]")) {
    input.value = typed;
  }
  await works("form [type=submit]");
  main.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
}

function argumentOf(encryptionPublicKey: string) {
  const holder = { userId: person.user, encryptionPublicKey, keyRing: person.ring };
  return { origin: ORIGIN, holder, change: { kind: "password" }, seen: 0n, chainId: "1" } as const;
}

/** Adds ways to unlock to the person's ring. */
async function grown(...factors: readonly NewFactor[]): Promise<string> {
  let ring = KeyRing.fromBase64(person.ring, person.user);
  const { keys } = await ring.unlock({ kind: "password", password: new Password(person.password) }, 0n);
  for (const factor of factors) {
    ({ ring } = await ring.withFactor(keys, factor));
  }
  wipe(keys);
  return ring.toBase64();
}

const words = () => ({ kind: "words", words: RecoveryWords.generate() }) as const;

/** Begins a change on a ring, with the password typed. */
async function begun(keyRing: string, wanted: FactorChange, store = vi.fn()) {
  const argument = argumentOf(person.public_key);
  const holder = { ...argument.holder, keyRing };
  const changing = change(new Screen(main), { ...argument, holder, change: wanted }, store);
  // Whoever awaits it later sees the fault then.
  changing.catch(() => undefined);
  await type(TEXTS.unlock.title, person.password);
  return changing;
}

const shows = (title: string) =>
  vi.waitFor(() => expect(main.querySelector("h1")?.textContent).toBe(title), { timeout: 60_000 });

function cancel(): void {
  [...main.querySelectorAll("button")].find(({ textContent }) => textContent === TEXTS.cancel)?.click();
}

test("each ring is stored in place of the one that it was made from", async () => {
  const stored: (readonly [string, string | null])[] = [];
  const changing = change(new Screen(main), argumentOf(person.public_key), async (ring, replaces) => {
    stored.push([ring, replaces]);
    return ring;
  });
  await type(TEXTS.unlock.title, person.password);
  await type(TEXTS.change.password, NEW_PASSWORD);
  const { keyRing } = await changing;
  const [[both] = [], [last] = []] = stored;
  expect(stored).toEqual([
    [both, person.ring],
    [last, both],
  ]);
  expect(keyRing).toBe(last);
  expect(last).not.toBe(both);
});

test("a profile that shows a key of somebody else keeps its ring as it is", async () => {
  const store = vi.fn();
  const changing = change(new Screen(main), argumentOf(PUBLIC_KEY.toBase64()), store);
  const outcome = expect(changing).rejects.toMatchObject({ reason: "KeyRing" });
  await type(TEXTS.unlock.title, person.password);
  await outcome;
  expect(store).not.toHaveBeenCalled();
});

test("a passkey that does not answer is said aloud, and no field is blamed", async () => {
  const holder = { userId: person.user, encryptionPublicKey: person.public_key, keyRing: person.ring };
  // This browser has no passkeys at all: asking for one fails at once.
  void unlock(new Screen(main), { origin: ORIGIN, holder, seen: 0n });
  (await works("#passkey"))?.click();
  await vi.waitFor(() =>
    expect(main.querySelector("[role=alert]")?.textContent).toBe(TEXTS.unlock.passkeyFailed),
  );
  expect(main.querySelector("[aria-invalid]")).toBeNull();
});

test("what a page says that it stored is not remembered: the ring that is stored goes on opening", async () => {
  const { revision } = KeyRing.fromBase64(person.ring, person.user);
  const changing = change(new Screen(main), argumentOf(person.public_key), async (ring) => ring);
  await type(TEXTS.unlock.title, person.password);
  await type(TEXTS.change.password, NEW_PASSWORD);
  const { keyRing } = await changing;
  expect(KeyRing.fromBase64(keyRing ?? "", person.user).revision).toBeGreaterThan(revision);
  expect(revisionSeen(person.user)).toBe(revision);
});

test("nor is that of an adopted key", async () => {
  const key = await keyFromPassword(new Password(person.password), person.user);
  const argument = argumentOf(key.publicKey().toBase64());
  const holder = { ...argument.holder, keyRing: null };
  const store = async (ring: string) => ring;
  const adopting = change(new Screen(main), { ...argument, holder, change: { kind: "adopt" } }, store);
  await type(TEXTS.unlock.title, person.password);
  await type(TEXTS.change.adopt, NEW_PASSWORD);
  expect((await adopting).keyRing).not.toBeNull();
  expect(revisionSeen(person.user)).toBe(0n);
});

test("a ring of other keys does not pass for the changed one, though the new password opens it", async () => {
  const password = new Password(NEW_PASSWORD);
  const factor = { kind: "password", password, cost: PasswordCost.DEFAULT } as const;
  const { ring, keys } = await KeyRing.create(person.user, UserKey.generate(), factor);
  let other = ring;
  while (other.revision < 20n) {
    const more = await other.withFactor(keys, words());
    other = more.ring.without(keys, more.id);
  }
  const changing = change(new Screen(main), argumentOf(person.public_key), async () => other.toBase64());
  const outcome = expect(changing).rejects.toThrow(TEXTS.change.otherRing);
  await type(TEXTS.unlock.title, person.password);
  await type(TEXTS.change.password, NEW_PASSWORD);
  await outcome;
});

test("who wants one way too many is told so before making it", async () => {
  const full = await grown(words());
  const store = vi.fn();
  const argument = argumentOf(person.public_key);
  const holder = { ...argument.holder, keyRing: full };
  const changing = change(new Screen(main), { ...argument, holder, change: { kind: "add-words" } }, store);
  const outcome = expect(changing).rejects.toMatchObject({ reason: "TooMany" });
  await type(TEXTS.unlock.title, person.password);
  await outcome;
  expect(main.querySelector("h1")?.textContent).not.toBe(TEXTS.change.words);
});

test("who takes away a way to unlock reads which one it is, and what is left", async () => {
  const ring = await grown(words());
  const { wraps } = KeyRing.fromBase64(ring, person.user);
  const second = wraps.filter(({ by }) => by.kind === "words")[1];
  void begun(ring, { kind: "remove", factorId: Number(second?.id) });
  await shows(TEXTS.change.remove);
  expect(main.textContent).toContain("ring that is stored no longer opens with this set of recovery words");
  // What somebody kept is not taken away from them.
  expect(main.textContent).toContain(
    "Whoever kept an earlier ring, and has this set of recovery words, still",
  );
  expect(main.textContent).toContain("number 2 of your 2 sets of recovery words");
  expect(main.textContent).toContain("What is left: 1 password, 1 passkey, 1 set of recovery words.");
  expect(main.textContent).not.toContain(TEXTS.change.removeUsed);
  // What may be regretted stands apart.
  expect(main.querySelector("[role=alert]")?.textContent).toBe(TEXTS.change.removeWords);
});

test("who takes away what they came in by reads that, and what alone is left", async () => {
  const { ring, keys } = await KeyRing.create(person.user, UserKey.generate(), words());
  const password = new Password(person.password);
  const two = await ring.withFactor(keys, { kind: "password", password, cost: PasswordCost.DEFAULT });
  const argument = argumentOf(keys.publicKey().toBase64());
  const holder = { ...argument.holder, keyRing: two.ring.toBase64() };
  const remove = { kind: "remove", factorId: Number(two.id) } as const;
  void change(new Screen(main), { ...argument, holder, change: remove }, vi.fn());
  await type(TEXTS.unlock.title, person.password);
  await shows(TEXTS.change.remove);
  expect(main.textContent).toContain(TEXTS.change.removeUsed);
  expect(main.querySelector("[role=alert]")?.textContent).toBe(TEXTS.change.onlyLeft("words"));
});

test("who goes back leaves no open keys behind", async () => {
  const wiped = vi.spyOn(PersonKeys.prototype, "wipe");
  const changing = begun(person.ring, { kind: "password" });
  await shows(TEXTS.change.password);
  expect(wiped).not.toHaveBeenCalled();
  cancel();
  await expect(changing).rejects.toMatchObject({ reason: "Declined" });
  expect(wiped).toHaveBeenCalledTimes(1);
  wiped.mockRestore();
});

test("a password that a site did not store leaves nothing behind", async () => {
  const [keys, password] = [vi.spyOn(PersonKeys.prototype, "wipe"), vi.spyOn(Password.prototype, "wipe")];
  const refusing = vi.fn(() => Promise.reject(new Error("no")));
  const changing = begun(person.ring, { kind: "password" }, refusing);
  await type(TEXTS.change.password, NEW_PASSWORD);
  await expect(changing).rejects.toThrow("no");
  // The one that unlocked, and the new one.
  expect([keys.mock.calls.length, password.mock.calls.length]).toEqual([1, 2]);
  keys.mockRestore();
  password.mockRestore();
});

test("a person whose ring was seen here is not taken for one without", async () => {
  const { holder } = argumentOf(person.public_key);
  const without = { origin: ORIGIN, holder: { ...holder, keyRing: null } };
  const refused = { reason: "KeyRing", message: TEXTS.change.ringSeen };
  await expect(unlock(new Screen(main), { ...without, seen: 1n })).rejects.toMatchObject(refused);
  const creating = { origin: ORIGIN, userId: person.user, compatible: false, chainId: "1" };
  rememberRevision(person.user, 1n);
  await expect(unlock(new Screen(main), { ...without, seen: 0n })).rejects.toMatchObject(refused);
  await expect(create(new Screen(main), creating)).rejects.toMatchObject(refused);
  expect(main.querySelector("h1")).toBeNull();
  localStorage.clear();
  void create(new Screen(main), creating);
  await shows(TEXTS.create.title);
});

test("a passkey that answers without a secret leaves the password to be used", async () => {
  class Silent {
    readonly rawId = new ArrayBuffer(16);
    getClientExtensionResults() {
      return {};
    }
  }
  vi.stubGlobal("PublicKeyCredential", Silent);
  vi.stubGlobal("navigator", { credentials: { get: async () => new Silent() } });
  const holder = { userId: person.user, encryptionPublicKey: person.public_key, keyRing: person.ring };
  const unlocked = unlock(new Screen(main), { origin: ORIGIN, holder, seen: 0n });
  (await works("#passkey"))?.click();
  await vi.waitFor(() =>
    expect(main.querySelector("[role=alert]")?.textContent).toBe(TEXTS.unlock.passkeyFailed),
  );
  await type(TEXTS.unlock.title, person.password);
  await expect(unlocked).resolves.toMatchObject({ idleMinutes: 15 });
  vi.unstubAllGlobals();
});

const says = (text: string) =>
  vi.waitFor(() => expect(main.textContent).toContain(text), { timeout: 60_000 });
const idle = () => main.querySelector<HTMLSelectElement>("#idle") ?? document.createElement("select");
const press = (name: string) =>
  [...main.querySelectorAll("button")].find(({ textContent }) => textContent === name)?.click();

test("the time that a person chose stays chosen when they mistype or use another way", async () => {
  const ring = await grown(words());
  const holder = { userId: person.user, encryptionPublicKey: person.public_key, keyRing: ring };
  const unlocked = unlock(new Screen(main), { origin: ORIGIN, holder, seen: 0n });
  idle().value = "240";
  await type(TEXTS.unlock.title, "not the password");
  await says(TEXTS.unlock.wrongPassword);
  expect(idle().value).toBe("240");
  press(TEXTS.unlock.byWords);
  await says(TEXTS.unlock.byOther);
  expect(idle().value).toBe("240");
  idle().value = "60";
  press(TEXTS.unlock.byOther);
  await type(TEXTS.unlock.title, person.password);
  await expect(unlocked).resolves.toMatchObject({ idleMinutes: 60 });
});

test("the same for a key from a password", async () => {
  const password = new Password(person.password);
  const key = await keyFromPassword(password, person.user);
  const encryptionPublicKey = key.publicKey().toBase64();
  wipe(key, password);
  const holder = { userId: person.user, encryptionPublicKey, keyRing: null };
  const unlocked = unlock(new Screen(main), { origin: ORIGIN, holder, seen: 0n });
  idle().value = "5";
  await type(TEXTS.unlock.title, "not the password");
  await says(TEXTS.unlock.wrongPassword);
  await type(TEXTS.unlock.title, person.password);
  await expect(unlocked).resolves.toMatchObject({ idleMinutes: 5 });
});

test("a passkey that was not made resets nothing that was chosen beside it", async () => {
  vi.stubGlobal("PublicKeyCredential", {
    getClientCapabilities: async () => ({ "extension:prf": true }),
  });
  const creating = { origin: ORIGIN, userId: person.user, compatible: false, chainId: "1" };
  const created = create(new Screen(main), creating);
  await shows(TEXTS.create.title);
  const wantsWords = () => main.querySelector<HTMLInputElement>("input[type=checkbox]");
  wantsWords()?.click();
  idle().value = "240";
  press(TEXTS.create.passkey);
  await vi.waitFor(() =>
    expect(main.querySelector("[role=alert]")?.textContent).toBe(TEXTS.unlock.passkeyFailed),
  );
  expect([wantsWords()?.checked, idle().value]).toEqual([false, "240"]);
  await type(TEXTS.create.title, NEW_PASSWORD);
  await expect(created).resolves.toMatchObject({ idleMinutes: 240, recovery: null });
  vi.unstubAllGlobals();
});
