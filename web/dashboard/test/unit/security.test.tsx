// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import type { Factor } from "idos-client/enclave";
import { afterEach, expect, test, vi } from "vitest";
import { Security } from "../../src/routes/security.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { type Played, SignedIn } from "../support/signed-in.tsx";

afterEach(cleanup);

const PROFILE = { id: "u", encryptionPublicKey: "key", passwordStore: "user" } as const;
const texts = TEXTS.security;
const button = (name: string) => screen.findByRole("button", { name });

function open(enclave: Played, keyRing?: string) {
  const { person } = fakePerson({ profile: PROFILE, ...(keyRing === undefined ? {} : { keyRing }) });
  render(
    <SignedIn person={person} enclave={enclave}>
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
  open(enclave, "ring");
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
    "ring",
  );
  fireEvent.click(await button(texts.factors));
  await screen.findByText(texts.removeWordsLead);
  fireEvent.click(await button(`${texts.remove}: ${texts.kinds.words}`));
  await screen.findByText(texts.wordsRemoved);
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
