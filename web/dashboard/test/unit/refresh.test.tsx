// @vitest-environment happy-dom
// What is shown says how old it is, and a wallet is not asked again and again because somebody looks.
import { focusManager } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type Answer, NodeError, type Profile, WalletError } from "idos-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Answered } from "../../src/components/answered.tsx";
import { useProfile } from "../../src/queries/person-query.ts";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { SignedIn } from "../support/signed-in.tsx";

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  cleanup();
  focusManager.setFocused(undefined);
  vi.useRealTimers();
});

function Shown() {
  return (
    <Answered query={useProfile()}>
      {(found) => <input aria-label="kept" defaultValue={found?.id} />}
    </Answered>
  );
}

async function open() {
  const { person } = fakePerson();
  const found: Answer<Profile> = {
    value: { id: "u", encryptionPublicKey: "key", passwordStore: "user" },
    proof: undefined,
  };
  const profile = vi.fn(async () => found);
  Object.assign(person, { profile });
  render(
    <SignedIn person={person}>
      <Shown />
    </SignedIn>,
  );
  const field = await screen.findByLabelText("kept");
  return { profile, field };
}

/** Comes back to the page after a while. */
function comeBack() {
  vi.setSystemTime(Date.now() + 3_600_000);
  act(() => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
  });
}

test("a refresh that fails is said above what is there, which stays as it is", async () => {
  const { profile, field } = await open();
  expect(screen.queryByRole("alert")).toBeNull();
  profile.mockRejectedValue(new WalletError("Rejected", "x"));
  comeBack();
  const notice = await screen.findByRole("alert");
  expect(notice.textContent).toContain(TEXTS.errors.wallet);
  expect(notice.textContent).toContain(TEXTS.notFresh);
  expect(screen.getByLabelText("kept")).toBe(field);
  profile.mockResolvedValue({ value: { id: "u" } as Profile, proof: undefined });
  fireEvent.click(screen.getByRole("button", { name: TEXTS.retry }));
  await vi.waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("a wallet that refused is not asked again by a look at the page, a node that failed is", async () => {
  const { profile } = await open();
  profile.mockRejectedValue(new WalletError("Rejected", "x"));
  comeBack();
  await screen.findByRole("alert");
  expect(profile).toHaveBeenCalledTimes(2);
  comeBack();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(profile).toHaveBeenCalledTimes(2);
  profile.mockRejectedValue(new NodeError("SignInText", "http://node.test", "no"));
  fireEvent.click(screen.getByRole("button", { name: TEXTS.retry }));
  await screen.findByText(TEXTS.errors.node, undefined, { timeout: 3_000 });
  const asked = profile.mock.calls.length;
  comeBack();
  await vi.waitFor(() => expect(profile.mock.calls.length).toBeGreaterThan(asked));
});
