// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import type { Profile } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Onboarding } from "../../src/routes/onboarding.tsx";
import { keepDraft, keptDraft } from "../../src/session/onboarding-draft.ts";
import { isOwnKey, keepOwnKey } from "../../src/session/own-key.ts";
import { TEXTS } from "../../src/texts.ts";
import { withLocks } from "../support/locks.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { type Played, SignedIn } from "../support/signed-in.tsx";

beforeEach(() => localStorage.clear());
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const texts = TEXTS.onboarding;
const keys = { encryptionPublicKey: "key", keyRing: RING, recovery: null };
const draft = { issuerUrl: "http://i", userId: "u", keys };
const profile: Profile = { id: "u", encryptionPublicKey: "key", passwordStore: "user" };

function open(
  shown: Profile | null,
  enclave: Played = {},
  { credentials = [], ...ring }: { credentials?: readonly object[]; keyRing?: string } = {},
) {
  const fake = fakePerson(shown === null ? ring : { ...ring, profile: shown });
  Object.assign(fake.person, { credentials: async () => ({ value: credentials }) });
  const done = vi.fn();
  render(
    <SignedIn person={fake.person} enclave={enclave}>
      <Onboarding profile={shown} onBegin={() => undefined} onDone={done} />
    </SignedIn>,
  );
  return { ...fake, done };
}

test("what was begun for another profile is dropped, and never stored", async () => {
  const { wallet } = fakePerson().person;
  keepDraft(wallet, draft);
  const lock = vi.fn(async () => null);
  const status = async () => ({ userId: "u", passkeys: true });
  const { done, writes } = open({ ...profile, id: "other" }, { status, lock });
  expect(screen.getByRole("alert").textContent).toContain(texts.otherDraft);
  expect(screen.queryByRole("listitem")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: texts.drop }));
  expect(done).toHaveBeenCalledOnce();
  expect(keptDraft(wallet)).toBeUndefined();
  expect(writes).toEqual([]);
  await waitFor(() => expect(lock).toHaveBeenCalledOnce());
});

/** The profile that the issuer made for the draft, with a key of its own. */
const foreign = { ...profile, encryptionPublicKey: "issuer's" };

test("a profile with a key that was not made here is said to be one, and erased", async () => {
  const { wallet } = fakePerson().person;
  keepDraft(wallet, draft);
  const lock = vi.fn(async () => null);
  const eraseProfile = vi.fn(async () => ({ hash: "aa" }));
  const { done, person } = open(foreign, { status: async () => ({ userId: "u", passkeys: true }), lock });
  Object.assign(person, { eraseProfile });
  expect(screen.getByRole("alert").textContent).toContain(texts.otherKeyLead);
  expect(screen.queryByRole("button", { name: texts.drop })).toBeNull();
  expect(screen.queryByRole("listitem")).toBeNull();
  fireEvent.click(screen.getByRole("button", { name: texts.eraseOther }));
  fireEvent.click(dialog().getByRole("button", { name: texts.eraseOther }));
  await screen.findByRole("button", { name: texts.begin });
  expect(eraseProfile).toHaveBeenCalledOnce();
  expect(lock).toHaveBeenCalledOnce();
  expect(keptDraft(wallet)).toBeUndefined();
  expect(done).not.toHaveBeenCalled();
});

test("a key that was replaced by the person opens the profile, and one that does not unlock never does", async () => {
  const { wallet } = fakePerson().person;
  keepDraft(wallet, draft);
  const unlock = vi.fn(async (): Promise<unknown> => {
    throw new EnclaveError("KeyRing", "none of this person's");
  });
  const { done } = open(foreign, { status: async () => ({ userId: null, passkeys: true }), unlock });
  const own = screen.getByRole("button", { name: texts.showOwn }) as HTMLButtonElement;
  await waitFor(() => expect(own.disabled).toBe(false));
  fireEvent.click(own);
  await screen.findByText("None of this person's.");
  expect(done).not.toHaveBeenCalled();
  expect(keptDraft(wallet)).toEqual(draft);
  unlock.mockImplementation(async () => ({ encryptionPublicKey: "issuer's", factors: [] }));
  fireEvent.click(own);
  await waitFor(() => expect(done).toHaveBeenCalledOnce());
  expect(unlock).toHaveBeenCalledWith({ userId: "u", encryptionPublicKey: "issuer's", keyRing: null });
  expect(keptDraft(wallet)).toBeUndefined();
});

const dialog = () => within(screen.getByRole("dialog"));
const anew = () => {
  fireEvent.click(screen.getByRole("button", { name: texts.anew }));
  fireEvent.click(dialog().getByRole("button", { name: texts.anew }));
};

test("who cannot go on begins anew, after they were told what is lost", async () => {
  withLocks();
  const { wallet } = fakePerson().person;
  keepDraft(wallet, draft);
  const lock = vi.fn(async () => null);
  const { done } = open(null, { status: async () => ({ userId: "u", passkeys: true }), lock });
  keepOwnKey({ userId: "u", encryptionPublicKey: "key" });
  fireEvent.click(screen.getByRole("button", { name: texts.anew }));
  dialog().getByText(texts.anewLead);
  expect(keptDraft(wallet)).toEqual(draft);
  fireEvent.click(dialog().getByRole("button", { name: texts.anew }));
  fireEvent.click(await screen.findByRole("button", { name: texts.begin }));
  expect(lock).toHaveBeenCalledOnce();
  const begun = keptDraft(wallet);
  expect(isOwnKey({ userId: "u", encryptionPublicKey: "key" })).toBe(false);
  expect(begun?.keys).toBeNull();
  expect(begun?.userId).not.toBe("u");
  expect(done).not.toHaveBeenCalled();
});

test("an enclave that is gone keeps nobody, and another person's keys stay unlocked", async () => {
  withLocks();
  const { wallet } = fakePerson().person;
  keepDraft(wallet, draft);
  const lock = vi.fn(async () => null);
  open(null, { status: async () => ({ userId: "somebody", passkeys: true }), lock });
  anew();
  await screen.findByRole("button", { name: texts.begin });
  expect(lock).not.toHaveBeenCalled();
  cleanup();
  keepDraft(wallet, draft);
  open(null, { status: () => Promise.reject(new Error("no enclave")) });
  anew();
  await screen.findByRole("button", { name: texts.begin });
});

test("what has become a profile, or is under way in another tab, is not given up", async () => {
  const { held } = withLocks();
  const { wallet } = fakePerson().person;
  keepDraft(wallet, draft);
  const { has } = open(null);
  has.profile = profile;
  anew();
  await dialog().findByText(/has a profile by now/);
  has.profile = undefined;
  held.add("idos-onboarding:EVM:0x1");
  fireEvent.click(dialog().getByRole("button", { name: texts.anew }));
  await dialog().findByText(/another tab of this browser/i);
  expect(keptDraft(wallet)).toEqual(draft);
});

test("the profile of the draft goes on with the step that is missing, and the focus follows", async () => {
  withLocks();
  const { person, attributes } = fakePerson({ profile });
  keepDraft(person.wallet, draft);
  render(
    <SignedIn person={person}>
      <Onboarding profile={profile} onBegin={() => undefined} onDone={() => undefined} />
    </SignedIn>,
  );
  vi.stubGlobal("fetch", () => Promise.reject(new Error("offline")));
  fireEvent.click(await screen.findByRole("button", { name: texts.doStep["key-ring"] }));
  await waitFor(() => expect(attributes.map((it) => it.value)).toEqual([RING]));
  await waitFor(() =>
    expect(document.activeElement).toBe(screen.getByRole("heading", { name: texts.steps.credential[0] })),
  );
});

test("who begins by the keyboard goes on at the first step", async () => {
  open(null);
  const begin = screen.getByRole("button", { name: texts.begin });
  begin.focus();
  fireEvent.click(begin);
  const first = await screen.findByRole("heading", { name: texts.steps.keys[0] });
  await waitFor(() => expect(document.activeElement).toBe(first));
});

test("who has a first credential is not asked to request it once more", async () => {
  const { wallet } = fakePerson().person;
  keepDraft(wallet, draft);
  const { done } = open(profile, {}, { keyRing: RING, credentials: [{ id: "c", isCopy: false }] });
  fireEvent.click(await screen.findByRole("button", { name: texts.open }));
  expect(screen.queryByRole("button", { name: texts.skip })).toBeNull();
  expect(done).toHaveBeenCalledOnce();
  expect(keptDraft(wallet)).toBeUndefined();
});

test("a copy of a credential, also of one that was deleted, is no first credential", async () => {
  keepDraft(fakePerson().person.wallet, draft);
  vi.stubGlobal("fetch", () => Promise.reject(new Error("offline")));
  open(profile, {}, { keyRing: RING, credentials: [{ id: "c", isCopy: true, originalId: null }] });
  await screen.findByRole("button", { name: texts.skip });
  expect(screen.queryByRole("button", { name: texts.open })).toBeNull();
});

test("who can keep nothing is told before any keys are made", () => {
  const refuse = () => {
    throw new DOMException("no", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  open(null);
  fireEvent.click(screen.getByRole("button", { name: texts.begin }));
  expect(screen.getByRole("alert").textContent).toContain("allow storage");
  expect(screen.queryByRole("button", { name: texts.doStep.keys })).toBeNull();
});
