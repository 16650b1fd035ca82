// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { NodeError, type Person, type SignedWallet, WalletError } from "idos-client";
import { EnclaveError, type Factor } from "idos-client/enclave";
import { afterEach, expect, test, vi } from "vitest";
import { Security } from "../../src/routes/security.tsx";
import { UnfinishedError } from "../../src/rules/error-text.ts";
import { keepUnlinkedWords, unlinkedWords } from "../../src/session/recovery-wallet.ts";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { type Played, SignedIn } from "../support/signed-in.tsx";

afterEach(() => {
  cleanup();
  localStorage.clear();
});

const PROFILE = { id: "u", encryptionPublicKey: "key", passwordStore: "user" } as const;
const texts = TEXTS.security;
const button = (name: string) => screen.findByRole("button", { name });

function open(
  enclave: Played,
  keyRing?: string,
  writes: Partial<Record<keyof Person, unknown>> = {},
  takeRingError: () => unknown = () => undefined,
) {
  const { person } = fakePerson({ profile: PROFILE, ...(keyRing === undefined ? {} : { keyRing }) });
  Object.assign(person, writes);
  render(
    <SignedIn person={person} enclave={enclave} takeRingError={takeRingError}>
      <Security />
    </SignedIn>,
  );
}

/** An enclave that has somebody's keys unlocked. */
const unlocked = (userId: string | null) => {
  const now = { userId };
  return {
    status: async () => ({ userId: now.userId, passkeys: true }),
    lock: vi.fn(async () => {
      now.userId = null;
      return null;
    }),
  };
};

test("whatever profile is unlocked can be locked, also another person's", async () => {
  const enclave = unlocked("somebody");
  open(enclave, RING);
  await screen.findByText(texts.others);
  fireEvent.click(await button(texts.lock));
  await button(texts.unlock);
  expect(enclave.lock).toHaveBeenCalledOnce();
  expect(screen.queryByText(texts.others)).toBeNull();
  expect(screen.getByRole("status").textContent).toBe(texts.lockedNow);
});

test("after recovery words are removed it says that their wallet still signs in", async () => {
  const all: readonly Factor[] = [
    { id: 1, kind: "password" },
    { id: 2, kind: "words" },
  ];
  open(
    {
      ...unlocked("u"),
      unlock: async () => ({ encryptionPublicKey: "key", factors: all }),
      changeFactors: async () => ({
        encryptionPublicKey: "key",
        factors: all.slice(0, 1),
        recovery: null,
      }),
    },
    RING,
  );
  fireEvent.click(await button(texts.showFactors));
  await screen.findByText(texts.removeWordsLead);
  fireEvent.click(await button(`${texts.remove}: ${texts.kinds.words}`));
  await screen.findByText(texts.wordsRemoved);
});

test("words that were removed are not offered as a way in, whichever of several they are", async () => {
  const wallet = (publicKey: string) => ({ publicKey, message: "m", signature: "s" });
  keepUnlinkedWords("u", [wallet("a"), wallet("b")]);
  const all: readonly Factor[] = [
    { id: 1, kind: "words" },
    { id: 2, kind: "words" },
  ];
  open(
    {
      ...unlocked("u"),
      unlock: async () => ({ encryptionPublicKey: "key", factors: all }),
      changeFactors: async () => ({ encryptionPublicKey: "key", factors: all.slice(0, 1), recovery: null }),
    },
    RING,
  );
  await screen.findByText(texts.unlinked);
  fireEvent.click(await button(texts.showFactors));
  const [first] = await screen.findAllByRole("button", { name: `${texts.remove}: ${texts.kinds.words}` });
  fireEvent.click(first as HTMLElement);
  await screen.findByText(texts.wordsRemoved);
  expect(screen.queryByText(texts.unlinked)).toBeNull();
  expect(unlinkedWords("u")).toEqual([]);
});

test("words that were removed elsewhere are offered no more once that is seen", async () => {
  keepUnlinkedWords("u", [{ publicKey: "a", message: "m", signature: "s" }]);
  const password: readonly Factor[] = [{ id: 1, kind: "password" }];
  open(
    {
      ...unlocked("u"),
      unlock: async () => ({ encryptionPublicKey: "key", factors: password }),
      changeFactors: async () => ({ encryptionPublicKey: "key", factors: password, recovery: null }),
    },
    RING,
  );
  fireEvent.click(await button(texts.showFactors));
  fireEvent.click(await button(texts.changePassword));
  await screen.findByText(texts.changed);
  expect(unlinkedWords("u")).toEqual([]);
});

test("after an upgrade it says that the old password still opens what it opened", async () => {
  const changeFactors = vi.fn(async () => ({
    encryptionPublicKey: "key",
    factors: [{ id: 1, kind: "password" }],
    recovery: null,
  }));
  open({ ...unlocked("u"), changeFactors });
  fireEvent.click(await button(texts.adopt));
  await waitFor(() => expect(screen.getByRole("status").textContent).toBe(texts.adopted));
  expect(changeFactors).toHaveBeenCalledExactlyOnceWith({
    userId: "u",
    encryptionPublicKey: "key",
    keyRing: null,
    change: { kind: "adopt" },
  });
});

const WITH_WORDS: readonly Factor[] = [
  { id: 1, kind: "password" },
  { id: 2, kind: "words" },
];

test("words whose wallet was not linked can be linked later, also by a page that is loaded again", async () => {
  const recovery = { publicKey: "aa", message: "it is theirs", signature: "bb" };
  const changeFactors = vi.fn(async () => ({ encryptionPublicKey: "key", factors: WITH_WORDS, recovery }));
  const enclave = {
    ...unlocked("u"),
    unlock: async () => ({ encryptionPublicKey: "key", factors: WITH_WORDS.slice(0, 1) }),
    changeFactors,
  };
  const linked: SignedWallet[] = [];
  let refusals = 1;
  const linkWallet = async (wallet: SignedWallet) => {
    linked.push(wallet);
    if (refusals > 0) {
      refusals -= 1;
      throw new WalletError("Rejected", "x");
    }
    return { hash: "aa" };
  };
  open(enclave, RING, { linkWallet });
  fireEvent.click(await button(texts.showFactors));
  fireEvent.click(await button(texts.addWords));
  await screen.findByText(texts.unlinked);
  await screen.findByText(TEXTS.errors.wallet);
  // The words open the data by now: it is not said that they are linked, nor that there are none.
  expect(screen.queryByText(texts.recoveryLinked)).toBeNull();
  await button(`${texts.remove}: ${texts.kinds.words}`);

  cleanup();
  open(enclave, RING, { linkWallet });
  fireEvent.click(await button(texts.link));
  await screen.findByText(texts.recoveryLinked);
  expect(screen.queryByText(texts.unlinked)).toBeNull();
  const wallet = { type: "FaceSign", address: "aa", ...recovery };
  expect(linked).toMatchObject([wallet, wallet]);
  expect(changeFactors).toHaveBeenCalledOnce();

  cleanup();
  open(enclave, RING);
  await button(texts.showFactors);
  expect(screen.queryByText(texts.unlinked)).toBeNull();
});

test("where it is not certain what was stored, the ways to unlock are asked anew", async () => {
  const changeFactors = async () => {
    throw new EnclaveError("Network", "it is not certain");
  };
  const unlock = async () => ({ encryptionPublicKey: "key", factors: WITH_WORDS });
  open({ ...unlocked("u"), unlock, changeFactors }, RING);
  fireEvent.click(await button(texts.showFactors));
  fireEvent.click(await button(texts.changePassword));
  await screen.findByText("It is not certain.");
  expect(screen.queryByText(texts.kinds.password)).toBeNull();
  await button(texts.showFactors);
});

test.each([
  [new WalletError("Rejected", "x"), TEXTS.errors.wallet],
  [new EnclaveError("KeyRing", TEXTS.enclave.ringChanged), "The ways to unlock were changed elsewhere"],
])("why a ring was not stored is said in the page's own words: %s", async (stored, said) => {
  const errors: unknown[] = ["of a change before"];
  const changeFactors = async () => {
    errors.push(stored);
    throw new EnclaveError("Network", "it is not certain");
  };
  const unlock = async () => ({ encryptionPublicKey: "key", factors: WITH_WORDS });
  open({ ...unlocked("u"), unlock, changeFactors }, RING, {}, () => errors.splice(0).at(-1));
  fireEvent.click(await button(texts.showFactors));
  fireEvent.click(await button(texts.changePassword));
  await screen.findByText((text) => text.includes(said));
  expect(screen.queryByText("It is not certain.")).toBeNull();
});

test("what stopped a change before, or has nothing to do with storing, is not taken for why", async () => {
  const errors: unknown[] = [new WalletError("Rejected", "of a change before")];
  const refusals = [new EnclaveError("Network", "no node answers"), new EnclaveError("Declined", "no")];
  const changeFactors = async () => {
    if (refusals.length === 1) {
      errors.push(new WalletError("Rejected", "of the window"));
    }
    throw refusals.shift();
  };
  const unlock = async () => ({ encryptionPublicKey: "key", factors: WITH_WORDS });
  open({ ...unlocked("u"), unlock, changeFactors }, RING, {}, () => errors.splice(0).at(-1));
  fireEvent.click(await button(texts.showFactors));
  fireEvent.click(await button(texts.changePassword));
  await screen.findByText("No node answers.");
  fireEvent.click(await button(texts.showFactors));
  fireEvent.click(await button(texts.changePassword));
  await screen.findByText(TEXTS.errors.declined);
  expect(screen.queryByText(TEXTS.errors.wallet)).toBeNull();
});

test.each([
  [texts.changePassword, texts.unfinished.password],
  [texts.addWords, texts.unfinished.words],
  [texts.addPasskey, texts.unfinished.other],
])("a change that was half done says what opens the data now: %s", async (name, said) => {
  const changeFactors = async () => {
    errors.push(new UnfinishedError(new WalletError("Rejected", "x")));
    throw new EnclaveError("Network", "it is not certain");
  };
  const errors: unknown[] = [];
  const unlock = async () => ({ encryptionPublicKey: "key", factors: WITH_WORDS });
  open({ ...unlocked("u"), unlock, changeFactors }, RING, {}, () => errors.splice(0).at(-1));
  fireEvent.click(await button(texts.showFactors));
  fireEvent.click(await button(name));
  const notice = (await screen.findByText(TEXTS.errors.wallet)).closest("[role=alert]");
  expect(notice?.textContent).toContain(said);
  expect(notice?.textContent).not.toContain(TEXTS.errors.unchanged);
});

test("without an answer of the network the keys can be locked, and it can be asked again", async () => {
  const enclave = unlocked("u");
  const attributes = vi.fn(() => Promise.reject(new NodeError("SignInText", "http://node.test", "no")));
  const answer = async () => ({ value: [], proof: undefined });
  open(enclave, undefined, { attributes });
  await screen.findByText(TEXTS.errors.node, undefined, { timeout: 3_000 });
  expect(screen.queryByText(TEXTS.loading)).toBeNull();
  fireEvent.click(await button(texts.lock));
  await screen.findByText(texts.lockedNow);
  expect(enclave.lock).toHaveBeenCalledOnce();
  attributes.mockImplementation(answer as never);
  fireEvent.click(await button(TEXTS.retry));
  await button(texts.unlock);
});

test("why the enclave does not say what is unlocked stays while it is asked again", async () => {
  const status = vi.fn<() => Promise<unknown>>(() => Promise.reject(new EnclaveError("Network", "not here")));
  open({ status }, RING);
  const retry = await button(TEXTS.retry);
  status.mockReturnValue(new Promise(() => undefined));
  retry.focus();
  fireEvent.click(retry);
  await waitFor(() => expect(retry.querySelector(".spinner")).not.toBeNull());
  expect(document.activeElement).toBe(retry);
});
