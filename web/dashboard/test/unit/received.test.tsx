// @vitest-environment happy-dom
// What is shared with a wallet opens on the click that the browser wants once more, however slow the line is.
import { focusManager } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { NodeError } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Received } from "../../src/routes/received.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { SignedIn } from "../support/signed-in.tsx";
import { withView } from "../support/view.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  withView();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  focusManager.setFocused(undefined);
  vi.useRealTimers();
});

const GRANT = { id: "g", ownerUserId: "other", grantee: "0x1", dataId: "copy", lockedUntil: 0 };
const SHARED = { id: "copy", publicNotes: '{"type":"passport"}', content: "sealed" };
const ABOUT = TEXTS.received.about(TEXTS.types["passport"] ?? "", "other");
const button = (name: string) => screen.getByRole("button", { name: `${name}: ${ABOUT}` });
const click = (name: string) => fireEvent.click(button(name));

async function open() {
  const { person } = fakePerson({
    profile: { id: "u", encryptionPublicKey: "key", passwordStore: "user" },
    keyRing: RING,
  });
  const sharedCredential = vi.fn(async (_id: string): Promise<unknown> => ({ value: SHARED }));
  const grantsGranted = async () => ({ value: { grants: [GRANT], total: 1, isComplete: true } });
  Object.assign(person, { sharedCredential, grantsGranted });
  const show = vi.fn(async (_: unknown) => null);
  show.mockRejectedValueOnce(new EnclaveError("PopupBlocked", "closed"));
  render(
    <SignedIn person={person} enclave={{ show }}>
      <Received />
    </SignedIn>,
  );
  await screen.findByRole("heading", { name: TEXTS.types["passport"] ?? "" });
  await vi.waitFor(() => expect(button(TEXTS.received.show)).toHaveProperty("disabled", false));
  return { person, sharedCredential, show };
}

test("what was fetched for its name is opened, also by the click after a window that was blocked", async () => {
  const { sharedCredential, show } = await open();
  click(TEXTS.received.show);
  await screen.findByText(TEXTS.enclave.blocked);
  click(TEXTS.enclave.continue);
  await vi.waitFor(() => expect(show).toHaveBeenCalledTimes(2));
  expect(show).toHaveBeenLastCalledWith(expect.objectContaining({ credential: SHARED }));
  expect(sharedCredential).toHaveBeenCalledExactlyOnceWith("copy");
});

test("what was fetched long ago is fetched again, and what is gone is not opened", async () => {
  const { sharedCredential, show } = await open();
  vi.setSystemTime(Date.now() + 61_000);
  sharedCredential.mockResolvedValue({ value: undefined });
  click(TEXTS.received.show);
  await screen.findByText(new RegExp(TEXTS.credential.missing));
  expect(sharedCredential).toHaveBeenCalledTimes(2);
  expect(show).not.toHaveBeenCalled();
});

test("what is given up is named, and whose it is; the dialog goes though the page learns nothing more", async () => {
  const { person } = await open();
  const rescind = vi.fn(async () => undefined);
  Object.assign(person, { rescind, grantsGranted: () => new Promise(() => undefined) });
  click(TEXTS.received.giveUp);
  const title = TEXTS.received.giveUpTitle(TEXTS.types["passport"] ?? "", "other");
  const dialog = screen.getByRole("dialog", { name: title });
  fireEvent.click(within(dialog).getByRole("button", { name: TEXTS.received.giveUp }));
  await screen.findByText(TEXTS.received.gaveUp);
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(rescind).toHaveBeenCalledExactlyOnceWith("copy");
});

test("a name that could not be loaded is not made up", async () => {
  const { person } = fakePerson();
  Object.assign(person, {
    sharedCredential: () => Promise.reject(new Error("no node answers")),
    grantsGranted: async () => ({ value: { grants: [GRANT], total: 1, isComplete: true } }),
  });
  render(
    <SignedIn person={person}>
      <Received />
    </SignedIn>,
  );
  await screen.findByRole("heading", { name: TEXTS.received.notLoaded });
});

test("a name that could not be loaded is there once what it names is opened", async () => {
  const { person } = fakePerson({
    profile: { id: "u", encryptionPublicKey: "key", passwordStore: "user" },
    keyRing: RING,
  });
  const sharedCredential = vi.fn(async (_id: string): Promise<unknown> => ({ value: SHARED }));
  sharedCredential.mockRejectedValueOnce(new Error("no node answers"));
  const grantsGranted = async () => ({ value: { grants: [GRANT], total: 1, isComplete: true } });
  Object.assign(person, { sharedCredential, grantsGranted });
  render(
    <SignedIn person={person} enclave={{ show: async () => null }}>
      <Received />
    </SignedIn>,
  );
  await screen.findByRole("heading", { name: TEXTS.received.notLoaded });
  const about = TEXTS.received.about(TEXTS.received.notLoaded, "other");
  const open = screen.getByRole("button", { name: `${TEXTS.received.show}: ${about}` });
  await vi.waitFor(() => expect(open).toHaveProperty("disabled", false));
  fireEvent.click(open);
  await screen.findByRole("heading", { name: TEXTS.types["passport"] ?? "" });
  // The content that is opened is the one that names it.
  expect(sharedCredential).toHaveBeenCalledTimes(2);
});

test("a name is fetched once, whatever is written, and however long ago", async () => {
  const { person, sharedCredential } = await open();
  Object.assign(person, { rescind: async () => undefined });
  vi.setSystemTime(Date.now() + 3_600_000);
  act(() => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
  });
  click(TEXTS.received.giveUp);
  fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: TEXTS.received.giveUp }));
  await screen.findByText(TEXTS.received.gaveUp);
  expect(sharedCredential).toHaveBeenCalledOnce();
});

/** A wallet with two pages of what is shared with it, and how many it is told of; the second comes when it is let. */
function openPages({ total }: { readonly total: number | undefined } = { total: 23 }) {
  const { person } = fakePerson();
  const sharedCredential = vi.fn(async (_id: string) => ({ value: SHARED }));
  let settle: (answer: Promise<unknown>) => void = () => undefined;
  const grantsGranted = ({ page }: { readonly page: number }) => {
    const of = (count: number) =>
      Array.from({ length: count }, (_, at) => ({
        ...GRANT,
        id: `${page}-${at}`,
        dataId: `copy ${page}-${at}`,
      }));
    const answer = { value: { grants: of(page === 1 ? 20 : 3), total, isComplete: true } };
    return page === 1
      ? Promise.resolve(answer)
      : new Promise((resolve) => {
          settle = (given) => resolve(given.then(() => answer));
        });
  };
  Object.assign(person, { sharedCredential, grantsGranted });
  render(
    <SignedIn person={person}>
      <Received />
    </SignedIn>,
  );
  const count = () => screen.getAllByRole("listitem").length;
  return { sharedCredential, count, settle: (given: Promise<unknown>) => act(async () => settle(given)) };
}

const control = (name: string) => screen.findByRole("button", { name });

test("who goes to the next page keeps the focus, and sees the page before until it is there", async () => {
  const { count, settle } = openPages();
  const next = await control(TEXTS.received.next);
  next.focus();
  fireEvent.click(next);
  await screen.findByText(TEXTS.loading);
  expect(count()).toBe(20);
  await settle(Promise.resolve());
  await vi.waitFor(() => expect(count()).toBe(3));
  expect(screen.queryByText(TEXTS.loading)).toBeNull();
  // It is the last one: there is nothing more to press but the other way.
  expect(document.activeElement).toBe(await control(TEXTS.received.previous));
  fireEvent.click(await control(TEXTS.received.previous));
  await vi.waitFor(() => expect(count()).toBe(20));
  expect(document.activeElement).toBe(await control(TEXTS.received.next));
});

test("nobody goes past the end while it is not known, nor loses the focus", async () => {
  const { count, settle } = openPages({ total: undefined });
  const next = await control(TEXTS.received.next);
  next.focus();
  fireEvent.click(next);
  await screen.findByText(TEXTS.loading);
  expect(next.getAttribute("aria-disabled")).toBe("true");
  expect(document.activeElement).toBe(next);
  fireEvent.click(next);
  await screen.findByText(TEXTS.received.page(2));
  await settle(Promise.resolve());
  await vi.waitFor(() => expect(count()).toBe(3));
  expect(screen.queryByText(TEXTS.received.page(2))).not.toBeNull();
  expect(next).toHaveProperty("disabled", true);
});

test("from a page that does not come there is a way back", async () => {
  const { count, settle } = openPages();
  fireEvent.click(await control(TEXTS.received.next));
  await screen.findByText(TEXTS.loading);
  await settle(Promise.reject(new Error("no such page")));
  await screen.findByText("No such page.");
  fireEvent.click(await control(TEXTS.received.previous));
  await vi.waitFor(() => expect(count()).toBe(20));
});

test("only the names of what is in view are fetched", async () => {
  const { scrollTo } = withView({ isAll: false });
  const { sharedCredential } = openPages();
  const item = (await screen.findAllByRole("listitem")).at(-1) as Element;
  await screen.findAllByRole("heading", { name: TEXTS.shared.notKnownYet });
  expect(sharedCredential).not.toHaveBeenCalled();
  scrollTo(item);
  await screen.findByRole("heading", { name: TEXTS.types["passport"] ?? "" });
  expect(sharedCredential).toHaveBeenCalledOnce();
});

/** A wallet that is told this of the first page, on which nothing is left. */
function openNothing(total: number | undefined, isComplete: boolean) {
  const { person } = fakePerson();
  Object.assign(person, { grantsGranted: async () => ({ value: { grants: [], total, isComplete } }) });
  render(
    <SignedIn person={person}>
      <Received />
    </SignedIn>,
  );
}

test("nothing is called nothing only if nothing was left out", async () => {
  openNothing(2_049, false);
  await screen.findByText(TEXTS.received.notComplete(2_049));
  expect(screen.queryByText(TEXTS.received.empty)).toBeNull();
  cleanup();
  // All of the first page has ended by this clock, and the next one is there.
  openNothing(21, true);
  await control(TEXTS.received.next);
  expect(screen.queryByText(TEXTS.received.empty)).toBeNull();
  cleanup();
  for (const [total, isComplete] of [
    [0, true],
    [20, true],
    [undefined, false],
  ] as const) {
    openNothing(total, isComplete);
    await screen.findByText(TEXTS.received.empty);
    cleanup();
  }
});

test("a name that the line did not bring is not fetched again every few seconds", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const { person } = fakePerson();
  const sharedCredential = vi.fn(() => Promise.reject(new NodeError("Unreachable", "http://n", "no")));
  Object.assign(person, {
    sharedCredential,
    grantsGranted: async () => ({ value: { grants: [GRANT], total: 1, isComplete: true } }),
  });
  render(
    <SignedIn person={person}>
      <Received />
    </SignedIn>,
  );
  await screen.findByRole("heading", { name: TEXTS.received.notLoaded }, { timeout: 5_000 });
  const asked = sharedCredential.mock.calls.length;
  await act(() => vi.advanceTimersByTimeAsync(20_000));
  expect(sharedCredential).toHaveBeenCalledTimes(asked);
});
