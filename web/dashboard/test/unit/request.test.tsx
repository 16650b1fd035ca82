// @vitest-environment happy-dom
// Nothing is asked for that would be sealed to a key which is not known to be the person's.
import { focusManager } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { EnclaveError } from "idos-client/enclave";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RequestScreen } from "../../src/routes/request.tsx";
import { isOwnKey, keepOwnKey } from "../../src/session/own-key.ts";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { CONFIG, type Played, SignedIn } from "../support/signed-in.tsx";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: unknown }) => children,
  useNavigate: () => () => undefined,
}));

const PROFILE = { id: "u", encryptionPublicKey: "key", passwordStore: "user" } as const;
const ISSUER = { name: "Sample", partyId: "p", grantee: "i", issuerPublicKey: "aa", selfAsserted: true };

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(ISSUER)));
});
afterEach(() => {
  cleanup();
  focusManager.setFocused(undefined);
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function open(enclave: Played = {}) {
  const { person } = fakePerson({ profile: PROFILE, keyRing: RING });
  render(
    <SignedIn person={person} enclave={enclave}>
      <RequestScreen />
    </SignedIn>,
  );
}

const form = () => screen.findByLabelText(TEXTS.subject.firstName);
const unlockButton = async () => {
  const button = (await screen.findByRole("button", { name: TEXTS.data.unlock })) as HTMLButtonElement;
  await waitFor(() => expect(button.disabled).toBe(false));
  return button;
};

test("before the first request the keys are unlocked once", async () => {
  const unlock = vi.fn(async () => ({ encryptionPublicKey: "key", factors: [] }));
  open({ unlock });
  const button = await unlockButton();
  expect(screen.queryByLabelText(TEXTS.subject.firstName)).toBeNull();
  fireEvent.click(button);
  await form();
  expect(unlock).toHaveBeenCalledExactlyOnceWith({
    userId: "u",
    encryptionPublicKey: "key",
    keyRing: RING,
  });
  cleanup();
  open();
  await form();
});

test("a key that the person does not unlock is asked nothing for", async () => {
  keepOwnKey({ userId: "u", encryptionPublicKey: "key before" });
  open({ unlock: () => Promise.reject(new EnclaveError("KeyRing", "the key is none of this person's")) });
  fireEvent.click(await unlockButton());
  await screen.findByText("The key is none of this person's.");
  expect(screen.queryByLabelText(TEXTS.subject.firstName)).toBeNull();
  expect(isOwnKey({ userId: "u", encryptionPublicKey: "key" })).toBe(false);
});

test("an issuer that does not answer a second time takes nothing away that was typed", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  keepOwnKey({ userId: "u", encryptionPublicKey: "key" });
  open();
  const field = (await form()) as HTMLInputElement;
  fireEvent.change(field, { target: { value: "Ada" } });
  vi.stubGlobal("fetch", () => Promise.reject(new Error("offline")));
  vi.setSystemTime(Date.now() + 3_600_000);
  act(() => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
  });
  const notice = (await screen.findByText(TEXTS.errors.issuer)).closest("[role=alert]");
  expect(notice?.textContent).toContain(TEXTS.notFresh);
  expect(await form()).toBe(field);
  expect(field.value).toBe("Ada");
});

test("who chooses another issuer types nothing twice", async () => {
  keepOwnKey({ userId: "u", encryptionPublicKey: "key" });
  const issuers = ["http://one.test", "http://two.test"].map((url) => ({ name: url, url }));
  vi.spyOn(CONFIG, "issuers", "get").mockReturnValue(issuers);
  open();
  fireEvent.change(await form(), { target: { value: "Ada" } });
  fireEvent.change(screen.getByLabelText(TEXTS.data.requestIssuer), { target: { value: "http://two.test" } });
  expect(screen.queryByLabelText(TEXTS.subject.firstName)).toBeNull();
  expect(((await form()) as HTMLInputElement).value).toBe("Ada");
});
