// @vitest-environment happy-dom
// What is shown says how old it is, and a wallet is not asked again and again because somebody looks.
import { focusManager } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type Answer, NodeError, type Profile, WalletError } from "idos-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Answered } from "../../src/components/answered.tsx";
import { Loading } from "../../src/components/loading.tsx";
import { Screen } from "../../src/components/screen.tsx";
import { useProfile } from "../../src/queries/person-query.ts";
import { noteSigning } from "../../src/session/after-sign-ins.ts";
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

const PROFILE: Profile = { id: "u", encryptionPublicKey: "key", passwordStore: "user" };

function ask(profile: () => Promise<Answer<Profile>>) {
  const { person } = fakePerson();
  Object.assign(person, { profile });
  render(
    <SignedIn person={person}>
      <Screen title="Here">
        <Shown />
      </Screen>
    </SignedIn>,
  );
}

/** A page whose network cannot be reached from the beginning. */
async function failing() {
  const profile = vi.fn<() => Promise<Answer<Profile>>>(() =>
    Promise.reject(new NodeError("Unreachable", "http://node.test", "no")),
  );
  ask(profile);
  return { profile };
}

async function open() {
  const profile = vi.fn(async (): Promise<Answer<Profile>> => ({ value: PROFILE, proof: undefined }));
  ask(profile);
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

test("a network that comes back is found again without a click, and the reason stays until then", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { profile } = await failing();
  const notice = await screen.findByRole("alert", undefined, { timeout: 5_000 });
  expect(notice.textContent).toContain(TEXTS.errors.offline);
  expect(notice.textContent).not.toContain(TEXTS.errors.unchanged);
  // Asked again by a click: who clicked is still there when that fails, too.
  const retry = screen.getByRole("button", { name: TEXTS.retry });
  retry.focus();
  let fail: (error: Error) => void = () => undefined;
  profile.mockImplementation(() => new Promise((_, reject) => (fail = reject)));
  fireEvent.click(retry);
  await vi.waitFor(() => expect(retry.querySelector(".spinner")).not.toBeNull());
  expect(document.activeElement).toBe(retry);
  profile.mockResolvedValue({ value: PROFILE, proof: undefined });
  fail(new NodeError("Unreachable", "http://node.test", "no"));
  await act(() => vi.advanceTimersByTimeAsync(7_000));
  expect(screen.getByLabelText("kept")).toBeDefined();
  expect(screen.queryByRole("alert")).toBeNull();
  // What had the focus is gone with the reason: it goes on to the heading, not to the top of the page.
  expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1 }));
});

test("what takes long says so", async () => {
  vi.useFakeTimers();
  render(<Loading />);
  expect(screen.getByRole("status").textContent).toBe(TEXTS.loading);
  await act(() => vi.advanceTimersByTimeAsync(5_000));
  expect(screen.getByRole("status").textContent).toBe(TEXTS.stillTrying);
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

test.each([
  ["nothing is asked by itself after a read for which a wallet was asked to sign in", true],
  ["what failed because of the line is asked again, whatever else a wallet signs", false],
])("%s", async (_, isAsked) => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const profile = vi.fn<() => Promise<Answer<Profile>>>(async () => {
    noteSigning(isAsked ? "node.test wants you to sign in with your account:\n0x1" : "anything else");
    throw new NodeError("Timeout", "http://node.test", "no");
  });
  ask(profile);
  const retry = await screen.findByRole("button", { name: TEXTS.retry }, { timeout: 5_000 });
  const asked = profile.mock.calls.length;
  expect(asked).toBe(isAsked ? 1 : 2);
  await act(() => vi.advanceTimersByTimeAsync(20_000));
  comeBack();
  expect(profile.mock.calls.length > asked).toBe(!isAsked);
  // Whoever wants it has it asked.
  profile.mockResolvedValue({ value: PROFILE, proof: undefined });
  fireEvent.click(retry);
  await screen.findByLabelText("kept");
});
