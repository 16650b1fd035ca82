// @vitest-environment happy-dom
// What ends after its screen was left takes nobody away from the one on which they are.
import { focusManager } from "@tanstack/react-query";
import { createMemoryHistory, RouterProvider } from "@tanstack/react-router";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import type { Credential, IdosClient } from "idos-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { newRouter } from "../../src/router.tsx";
import { SetupContext } from "../../src/session/config-context.tsx";
import { keepOwnKey } from "../../src/session/own-key.ts";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { CONFIG, SignedIn } from "../support/signed-in.tsx";

const PROFILE = { id: "u", encryptionPublicKey: "key", passwordStore: "user" } as const;
const ISSUER = { name: "Sample", partyId: "p", grantee: "i", issuerPublicKey: "aa", selfAsserted: true };
const credential = (id: string, type: string) =>
  ({ id, userId: "u", isCopy: false, originalId: null, publicNotes: JSON.stringify({ type }) }) as Credential;

beforeEach(() => vi.stubGlobal("scrollTo", () => undefined));
afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
  focusManager.setFocused(undefined);
  vi.useRealTimers();
});

/** The whole page at a path, of a person whose network does not show changes. */
function open(path: string, writes: object) {
  const { person } = fakePerson({ profile: PROFILE, keyRing: RING });
  Object.assign(person, {
    credentials: async () => ({ value: [credential("a", "passport"), credential("b", "human")] }),
    grantsOwned: async () => ({ value: [] }),
    ...writes,
  });
  const client = { parties: async () => ({ value: [], proof: undefined }) } as unknown as IdosClient;
  const router = newRouter();
  router.update({ history: createMemoryHistory({ initialEntries: [path] }) } as never);
  render(
    <SignedIn person={person}>
      <SetupContext value={{ config: CONFIG, client }}>
        <RouterProvider router={router} />
      </SetupContext>
    </SignedIn>,
  );
  const go = (to: "/attributes") => act(() => router.navigate({ to }));
  return { router, go, person };
}

/** Something that takes until it is ended. */
function slow() {
  let end: () => void = () => undefined;
  const work = vi.fn(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  return { work, end: () => act(async () => end()) };
}

const heading = (name: string) => screen.findByRole("heading", { level: 1, name }, { timeout: 20_000 });

async function deleting() {
  const { work, end } = slow();
  const page = open("/credentials/a", { removeCredential: work });
  await heading(TEXTS.types["passport"] ?? "");
  await vi.waitFor(() =>
    expect(screen.getByRole("button", { name: TEXTS.credential.delete })).toHaveProperty("disabled", false),
  );
  fireEvent.click(screen.getByRole("button", { name: TEXTS.credential.delete }));
  const dialog = within(screen.getByRole("dialog"));
  fireEvent.click(dialog.getByRole("button", { name: TEXTS.credential.deleteFinal }));
  await vi.waitFor(() => expect(work).toHaveBeenCalledOnce());
  return { ...page, end };
}

test("who waits for a deletion is told of it where the credential was, and does not see it any more", async () => {
  const { person, end } = await deleting();
  // The network is not done with telling.
  person.credentials = () => new Promise(() => undefined);
  await end();
  await heading(TEXTS.data.title);
  await screen.findByText(TEXTS.credential.deleted);
  await screen.findByText(TEXTS.data.count(1));
  expect(screen.queryByText(TEXTS.types["passport"] ?? "")).toBeNull();
});

test("that something is deleted is said once", async () => {
  const { router, go, end } = await deleting();
  await end();
  await screen.findByText(TEXTS.credential.deleted);
  await vi.waitFor(() => expect(router.state.location.state.deletedBy).toBeUndefined());
  expect(screen.queryByText(TEXTS.credential.deleted)).not.toBeNull();
  await go("/attributes");
  await heading(TEXTS.attributes.title);
  act(() => router.history.back());
  await heading(TEXTS.data.title);
  expect(screen.queryByText(TEXTS.credential.deleted)).toBeNull();
});

test.each([
  ["0X1", true],
  ["0x2", false],
])("what %s deleted is told to 0x1: %s", async (address, isTold) => {
  const { router } = open("/attributes", {});
  await heading(TEXTS.attributes.title);
  await act(() => router.navigate({ to: "/", state: { deletedBy: { type: "EVM", address } } }));
  await heading(TEXTS.data.title);
  expect(screen.queryByText(TEXTS.credential.deleted) !== null).toBe(isTold);
  await vi.waitFor(() => expect(router.state.location.state.deletedBy).toBeUndefined());
});

test("who waits for a deletion that the list shows already is told of it all the same", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { person, end } = await deleting();
  Object.assign(person, { credentials: async () => ({ value: [credential("b", "human")] }) });
  vi.setSystemTime(Date.now() + 60_000);
  act(() => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
  });
  await heading(TEXTS.credential.missing);
  await end();
  await heading(TEXTS.data.title);
  await screen.findByText(TEXTS.credential.deleted);
});

test("who looks at another credential while one is deleted stays there", async () => {
  const { router, end } = await deleting();
  await act(() => router.navigate({ to: "/credentials/$id", params: { id: "b" } }));
  await heading(TEXTS.types["human"] ?? "");
  await end();
  expect(router.state.location.pathname).toBe("/credentials/b");
});

test("who went on while something is deleted stays where they are", async () => {
  const { router, go, end } = await deleting();
  await go("/attributes");
  await heading(TEXTS.attributes.title);
  await end();
  expect(router.state.location.pathname).toBe("/attributes");
});

test("who went on while a credential is requested stays where they are", async () => {
  keepOwnKey({ userId: "u", encryptionPublicKey: "key" });
  const { work, end } = slow();
  vi.stubGlobal("fetch", async (_: string, init?: RequestInit) => {
    if (init?.body !== undefined) {
      await work();
    }
    return new Response(JSON.stringify(ISSUER));
  });
  const { router, go } = open("/request", { signWriteGrant: async () => ({ id: "grant" }) });
  const type = (name: string, value: string) =>
    fireEvent.change(screen.getByLabelText(name), { target: { value } });
  await heading(TEXTS.data.addFirst);
  await screen.findByLabelText(TEXTS.subject.firstName);
  type(TEXTS.subject.firstName, "Ada");
  type(TEXTS.subject.familyName, "Lovelace");
  type(TEXTS.subject.dateOfBirth, "1990-04-30");
  type(TEXTS.subject.nationality, "PT");
  type(TEXTS.subject.idDocumentCountry, "PT");
  type(TEXTS.subject.idDocumentNumber, "P1");
  fireEvent.click(screen.getByRole("button", { name: TEXTS.onboarding.doStep.credential }));
  await vi.waitFor(() => expect(work).toHaveBeenCalledOnce());
  await go("/attributes");
  await heading(TEXTS.attributes.title);
  await end();
  expect(router.state.location.pathname).toBe("/attributes");
});
