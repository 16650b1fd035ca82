// @vitest-environment happy-dom
// What the enclave's windows ask people, and when they can be answered.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Holder } from "idos-client/enclave";
import { KeyRing, RecoveryWords, UserKey } from "idos-crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TEXTS } from "../../src/texts.ts";
import { editAttribute } from "../../src/window/attribute.ts";
import { change } from "../../src/window/change.ts";
import { passwordField } from "../../src/window/fields.ts";
import { filter } from "../../src/window/filter.ts";
import { offer } from "../../src/window/offer.ts";
import { recover } from "../../src/window/recover.ts";
import { Screen } from "../../src/window/screen.ts";
import { share } from "../../src/window/share.ts";
import type { ShareQuestion } from "../../src/window/steps.ts";
import { unlock } from "../../src/window/unlock.ts";
import { teachWords } from "../../src/window/words.ts";
import { ADA, PUBLIC_KEY } from "../support/keys.ts";

const SEALED = join(import.meta.dirname, "../../../../fixtures/crypto/sealed.json");
const fixture = JSON.parse(readFileSync(SEALED, "utf8")).key_ring_1;
const ORIGIN = "https://page.example";
const QUESTION: ShareQuestion = {
  origin: ORIGIN,
  credential: {
    title: "IdosKycCredential",
    issuer: "Sample Issuer",
    isVouched: true,
    facts: [["firstName", "Ada"]],
    files: ["idDocumentFrontFile", "selfieFile"],
    hidden: 2,
    concerns: ["other-type"],
  },
  name: "Sample Bank",
  grantee: "bank",
  fingerprint: "0000",
  lockedUntil: 0,
  expiresAt: 0,
};

let main: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, "hasFocus").mockReturnValue(true);
  main = document.createElement("main");
  document.body.replaceChildren(main);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function button(name: string): HTMLButtonElement {
  const found = [...main.querySelectorAll("button")].find(({ textContent }) => textContent === name);
  if (found === undefined) {
    throw new Error(`there is no button ${name}`);
  }
  return found;
}

test("consent says everything that is shared: files by name, and how much more there is", () => {
  void share(new Screen(main), QUESTION);
  expect(main.querySelector("#files")?.textContent).toBe("Also: front of the document, selfie.");
  expect(main.querySelector("#hidden")?.textContent).toBe("And 2 more that are not shown here.");
  expect(main.textContent).toContain(TEXTS.concerns["other-type"]);
  expect(main.textContent).toContain("Proof of identity");
});

test("however much is shared, none of it waits to be asked for", () => {
  const facts = Array.from({ length: 40 }, (_, at) => [`member${at}`, `value ${at}`] as const);
  void share(new Screen(main), { ...QUESTION, credential: { ...QUESTION.credential, facts } });
  expect(main.querySelector("details")).toBeNull();
  expect([...main.querySelectorAll("dd")].map(({ textContent }) => textContent)).toEqual(
    facts.map(([, value]) => value),
  );
});

test("the address of a recipient is always shown, and that its name is its own word", () => {
  void share(new Screen(main), { ...QUESTION, grantee: "0xBA2C" });
  expect(main.querySelector("#address")?.textContent).toBe("0xBA2C");
  expect(main.textContent).toContain("The name is what it calls itself.");
  void share(new Screen(main), { ...QUESTION, grantee: "0xBA2C", name: null });
  expect(main.querySelector("#address")?.textContent).toBe("0xBA2C");
  expect(main.textContent).toContain(TEXTS.share.unlisted);
});

test("a credential without files says nothing of any", () => {
  void share(new Screen(main), { ...QUESTION, credential: { ...QUESTION.credential, files: [], hidden: 0 } });
  expect(main.querySelector("#files, #hidden")).toBeNull();
});

test.each(["pointerdown", "keydown"])("a decision waits until %s has stopped for a moment", (event) => {
  void share(new Screen(main), QUESTION);
  const decision = button(TEXTS.share.agree);
  for (let at = 0; at < 5; at++) {
    vi.advanceTimersByTime(600);
    expect(decision.disabled).toBe(true);
    window.dispatchEvent(new Event(event));
  }
  vi.advanceTimersByTime(700);
  expect(decision.disabled).toBe(false);
  // What can be clicked stays so: people type and click to read.
  window.dispatchEvent(new Event(event));
  expect(decision.disabled).toBe(false);
});

test("a screen that is gone listens to nothing, and never works again", () => {
  const screen = new Screen(main);
  void share(screen, QUESTION);
  const decision = button(TEXTS.share.agree);
  screen.wait(TEXTS.waiting);
  vi.advanceTimersByTime(10_000);
  expect(decision.disabled).toBe(true);
  window.dispatchEvent(new Event("focus"));
  vi.advanceTimersByTime(10_000);
  expect(decision.disabled).toBe(true);
});

test("a file is saved by a decision, not by a link that works at once", () => {
  void offer(new Screen(main), {
    origin: ORIGIN,
    name: "idos.json",
    file: new Blob(["{}"]),
    items: 1,
    failed: 0,
  });
  expect(button(TEXTS.export.save).disabled).toBe(true);
  expect(main.querySelector("a")?.hidden).toBe(true);
  vi.advanceTimersByTime(700);
  expect(button(TEXTS.export.save).disabled).toBe(false);
});

test("a key ring that was seen here cannot be left out to put another one in its place", async () => {
  const holder: Holder = { userId: ADA, encryptionPublicKey: PUBLIC_KEY.toBase64(), keyRing: null };
  const store = vi.fn();
  const argument = { origin: ORIGIN, holder, change: { kind: "adopt" }, chainId: "1" } as const;
  await expect(change(new Screen(main), { ...argument, seen: 1n }, store)).rejects.toMatchObject({
    reason: "KeyRing",
    message: TEXTS.change.ringSeen,
  });
  localStorage.setItem(`idos-enclave:revision:${ADA}`, '"2"');
  await expect(change(new Screen(main), { ...argument, seen: 0n }, store)).rejects.toMatchObject({
    reason: "KeyRing",
  });
  localStorage.clear();
  void change(new Screen(main), { ...argument, seen: 0n }, store);
  expect(main.querySelector("h1")?.textContent).toBe(TEXTS.unlock.title);
  expect(store).not.toHaveBeenCalled();
});

test("a file that lacks what could not be opened says how much that is", () => {
  const file = { origin: ORIGIN, name: "idos.json", file: new Blob(["{}"]), items: 1 };
  void offer(new Screen(main), { ...file, failed: 2 });
  expect(main.textContent).toContain("The file holds 1 item of yours");
  expect(main.querySelector("#failed")?.textContent).toContain("2 more could not be opened");
  void offer(new Screen(main), { ...file, failed: 0 });
  expect(main.querySelector("#failed")).toBeNull();
});

test("a value is not saved by an Enter that was meant for another window", async () => {
  const edited = editAttribute(new Screen(main), { origin: ORIGIN, key: "email", value: "ada@example.org" });
  const saved = vi.fn();
  void edited.then(saved);
  const enter = () => main.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  enter();
  await vi.advanceTimersByTimeAsync(600);
  enter();
  expect(saved).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  enter();
  await expect(edited).resolves.toEqual({ value: "ada@example.org" });
});

test.each([
  ["a key from a password", null],
  ["a key ring", fixture.ring],
])("%s is not unlocked by an Enter that was meant for another window", async (_, keyRing) => {
  const holder: Holder = { userId: fixture.user, encryptionPublicKey: fixture.public_key, keyRing };
  const screen = new Screen(main);
  const derived = vi.spyOn(screen, "wait");
  void unlock(screen, { origin: ORIGIN, holder, seen: 0n }).catch(() => undefined);
  const enter = () => main.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  enter();
  await vi.advanceTimersByTimeAsync(600);
  enter();
  window.dispatchEvent(new Event("keydown"));
  await vi.advanceTimersByTimeAsync(600);
  enter();
  expect(derived).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(100);
  enter();
  await vi.advanceTimersByTimeAsync(0);
  expect(derived).toHaveBeenCalled();
});

test("a passkey is not asked for by a click that was meant for another window", async () => {
  const holder: Holder = {
    userId: fixture.user,
    encryptionPublicKey: fixture.public_key,
    keyRing: fixture.ring,
  };
  void unlock(new Screen(main), { origin: ORIGIN, holder, seen: 0n }).catch(() => undefined);
  const passkey = button(TEXTS.unlock.byPasskey);
  expect(passkey.disabled).toBe(true);
  vi.advanceTimersByTime(700);
  expect(passkey.disabled).toBe(false);
});

test("a member is named with all that it is in, in what is shared and in what is asked", () => {
  const facts = [["spouse.firstName", "Eve"]] as const;
  void share(new Screen(main), { ...QUESTION, credential: { ...QUESTION.credential, facts } });
  expect(main.querySelector("dt")?.textContent).toBe("Spouse › First name");
  const conditions = [{ path: ["spouse", "nationality"], is: "equal", values: ["PT"] }];
  void filter(new Screen(main), { origin: ORIGIN, conditions, count: 1 });
  expect(main.querySelector("li")?.textContent).toBe("Spouse › Nationality is PT");
});

test("what a site wrote in its question is shown as it is, each value by itself", () => {
  const conditions = [
    { path: ["na\u202eme"], is: "equal", values: ["\u202eTP\u200b"] },
    { path: ["nationality"], is: "in", values: ["PT, ES", "FR  ", "שלום"] },
  ];
  void filter(new Screen(main), { origin: ORIGIN, conditions, count: 1 });
  expect([...main.querySelectorAll("li bdi")].map(({ textContent }) => textContent)).toEqual([
    "Na\\u{202e}me",
    "\\u{202e}TP\\u{200b}",
    "Nationality",
    "PT, ES",
    "FR  ",
    "שלום",
  ]);
  expect(main.querySelectorAll("li li")).toHaveLength(3);
});

test("what others wrote in a line of the enclave neither turns it nor fills it", () => {
  const long = `did:web:\u202e${"a".repeat(5_000)}.example`;
  void share(new Screen(main), { ...QUESTION, credential: { ...QUESTION.credential, issuer: long } });
  const shown = `did:web:\\u{202e}${"a".repeat(41)}…${"a".repeat(42)}.example`;
  expect(main.querySelector("#issuer")?.textContent).toBe(`Issued by ${shown}`);
  expect(main.querySelector("#issuer bdi")?.textContent).toBe(shown);
  void editAttribute(new Screen(main), { origin: ORIGIN, key: `e\u202email${"k".repeat(900)}`, value: "" });
  expect(main.querySelector("h1")?.textContent).toMatch(/^Your e\\u\{202e\}mailk{30,50}…k{50}$/);
});

test("an attribute is named as the person named it", () => {
  void editAttribute(new Screen(main), { origin: ORIGIN, key: "IBAN der Firma", value: "" });
  expect(main.querySelector("h1")?.textContent).toBe("Your IBAN der Firma");
});

test("what the site alone says of a share is said to be so", () => {
  void share(new Screen(main), { ...QUESTION, lockedUntil: 2_000_000_000 });
  expect(main.querySelector("#said")?.textContent).toBe(TEXTS.share.said);
  // A recipient who asks on its own page needs no signature to read what it was sealed.
  expect(main.querySelector("#handed-over")?.textContent).toContain("even if you do not sign afterwards");
});

/** What keeps browsers from storing, sending and changing what is typed. */
const UNTOUCHED = { autocomplete: "off", autocapitalize: "none", spellcheck: "false" };
const handling = (input: Element) =>
  Object.fromEntries(Object.keys(UNTOUCHED).map((name) => [name, input.getAttribute(name)]));

test.each(["ada@example.org", "a street\na town"])("browsers leave the value %j alone", (value) => {
  void editAttribute(new Screen(main), { origin: ORIGIN, key: "address", value });
  expect([...main.querySelectorAll("input, textarea")].map(handling)).toEqual([UNTOUCHED]);
});

test("browsers leave the recovery words alone that are typed back", async () => {
  void teachWords(new Screen(main), RecoveryWords.generate());
  button(TEXTS.words.written).click();
  await vi.advanceTimersByTimeAsync(0);
  expect([...main.querySelectorAll("input")].map(handling)).toEqual([UNTOUCHED, UNTOUCHED]);
});

const TYPO = `${"abandon ".repeat(2)}abandonn ${"abandon ".repeat(20)}about`;

/** What the field for recovery words holds, how much of it is selected, and what is wrong with it. */
function typedWords() {
  const input = main.querySelector<HTMLTextAreaElement>("textarea[aria-describedby^=hint]");
  const { value, selectionStart, selectionEnd } = input ?? {};
  return [
    value,
    (selectionEnd ?? 0) - (selectionStart ?? 0),
    main.querySelector(".field-error")?.textContent,
  ];
}

const typeWords = (words: string) => {
  const input = main.querySelector<HTMLTextAreaElement>("textarea[aria-describedby^=hint]");
  if (input !== null) {
    input.value = words;
  }
  main.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
};

test.each<[string, string, string]>([
  ["too few words", "abandon about", TEXTS.words.faults.count(2)],
  ["a typo", TYPO, TEXTS.words.faults.unknown(3)],
  ["words in another order", "abandon ".repeat(24), TEXTS.words.faults.checksum],
  ["much more than words", "a".repeat(600), TEXTS.words.faults.tooLong],
])("%s do not cost what was typed", async (_, typed, fault) => {
  const recovered = recover(new Screen(main), { origin: ORIGIN });
  typeWords(typed);
  expect(typedWords()).toEqual([typed, 0, fault]);
  const right = RecoveryWords.generate().expose();
  typeWords(right.toUpperCase());
  await expect(recovered).resolves.toEqual({ words: right });
  expect(typedWords()[0]).toBe("");
});

test("who unlocks by words keeps what was typed, whatever is wrong with it", async () => {
  const words = RecoveryWords.generate();
  const { ring, keys } = await KeyRing.create(ADA, UserKey.generate(), { kind: "words", words });
  const holder: Holder = {
    userId: ADA,
    encryptionPublicKey: keys.publicKey().toBase64(),
    keyRing: ring.toBase64(),
  };
  const screen = new Screen(main);
  const unlocked = unlock(screen, { origin: ORIGIN, holder, seen: 0n });
  const waited = vi.spyOn(screen, "wait");
  await vi.advanceTimersByTimeAsync(700);
  typeWords(TYPO);
  await vi.advanceTimersByTimeAsync(0);
  expect(typedWords()).toEqual([TYPO, 0, TEXTS.words.faults.unknown(3)]);
  expect(waited).not.toHaveBeenCalled();
  const others = RecoveryWords.generate().expose();
  typeWords(others);
  await vi.waitFor(() => expect(typedWords()).toEqual([others, 0, TEXTS.unlock.wrongWords]));
  await vi.advanceTimersByTimeAsync(700);
  typeWords(words.expose());
  await expect(unlocked).resolves.toMatchObject({ idleMinutes: 15 });
});

test("a password that is wrong is selected: what cannot be seen is typed anew", () => {
  const { element, input, complain } = passwordField(TEXTS.password, false);
  main.append(element);
  input.value = "wrong";
  complain("wrong");
  expect([input.selectionStart, input.selectionEnd]).toEqual([0, 5]);
});

test("who types recovery words reads that they unlock too", () => {
  void recover(new Screen(main), { origin: ORIGIN });
  expect(main.textContent).toContain("your data is unlocked on this site");
});
