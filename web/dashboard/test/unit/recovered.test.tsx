// @vitest-environment happy-dom
// Who comes in by recovery words reads how long that lasts, and finds the keys as unlocked as they are.
import { act, cleanup, render, screen } from "@testing-library/react";
import { EnclaveError } from "idos-client/enclave";
import { afterEach, expect, test, vi } from "vitest";
import { Recovered } from "../../src/components/recovered.tsx";
import { Security } from "../../src/routes/security.tsx";
import { SessionContext } from "../../src/session/session-context.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { CONNECTOR, ready, SignedIn, sessionOf } from "../support/signed-in.tsx";

vi.mock("@tanstack/react-router", () => ({ Link: ({ children }: { children: unknown }) => children }));

afterEach(() => {
  cleanup();
  localStorage.clear();
});

/** The page of somebody who came in by a wallet, or by words that open the data if `opens`. */
function come({ byWords = true, opens = true } = {}) {
  const { person } = fakePerson({
    profile: { id: "u", encryptionPublicKey: "key", passwordStore: "user" },
    keyRing: RING,
  });
  const now: { userId: string | null } = { userId: null };
  const unlock = vi.fn(async () => {
    if (!opens) {
      throw new EnclaveError("PopupBlocked", "x");
    }
    now.userId = "u";
    return { encryptionPublicKey: "key", factors: [] };
  });
  const status = async () => ({ userId: now.userId, passkeys: true });
  const connector = byWords ? { ...CONNECTOR, id: undefined } : CONNECTOR;
  render(
    <SignedIn person={person} enclave={{ unlock, status }}>
      <SessionContext value={sessionOf({ ...ready(person), connector } as ReturnType<typeof ready>)}>
        <Recovered />
        <Security />
      </SessionContext>
    </SignedIn>,
  );
  return unlock;
}

test("words that let somebody in unlock at once, and can be locked", async () => {
  const unlock = come();
  await screen.findByText(TEXTS.security.unlocked);
  expect(screen.getByRole("button", { name: TEXTS.security.lock })).toBeDefined();
  expect(screen.getByText(TEXTS.connect.byWords)).toBeDefined();
  expect(unlock).toHaveBeenCalledExactlyOnceWith({
    userId: "u",
    encryptionPublicKey: "key",
    keyRing: RING,
  });
});

test("words that open nothing any more are no fault to be told of", async () => {
  const unlock = come({ opens: false });
  await vi.waitFor(() => expect(unlock).toHaveBeenCalledOnce());
  await screen.findByRole("button", { name: TEXTS.security.unlock });
  expect(screen.queryByRole("alert")).toBeNull();
});

test("who came in by a wallet is asked before anything is unlocked", async () => {
  const unlock = come({ byWords: false });
  await screen.findByRole("button", { name: TEXTS.security.unlock });
  expect(screen.queryByText(TEXTS.connect.byWords)).toBeNull();
  expect(unlock).not.toHaveBeenCalled();
});

test("once the words sign no more, it says so instead", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    come();
    await screen.findByText(TEXTS.connect.byWords);
    await act(() => vi.advanceTimersByTimeAsync(9 * 60_000));
    expect(screen.getByText(TEXTS.connect.byWords)).toBeDefined();
    await act(() => vi.advanceTimersByTimeAsync(70_000));
    expect(screen.getByText(TEXTS.connect.byWordsOver)).toBeDefined();
    expect(screen.queryByText(TEXTS.connect.byWordsAction)).toBeNull();
  } finally {
    vi.useRealTimers();
  }
});
