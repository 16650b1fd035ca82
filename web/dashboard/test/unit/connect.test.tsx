// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { Connect } from "../../src/routes/connect.tsx";
import { Erase } from "../../src/routes/erase.tsx";
import { shownTime } from "../../src/rules/dates.ts";
import { SessionContext, type SessionState } from "../../src/session/session-context.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { CONNECTOR, ready, SignedIn, sessionOf } from "../support/signed-in.tsx";

vi.mock("@tanstack/react-router", () => ({ Link: ({ children }: { children: unknown }) => children }));

afterEach(() => {
  cleanup();
  history.replaceState(null, "", "/");
});

const { person } = fakePerson();
const heading = () => screen.getByRole("heading", { level: 1 }).textContent;

const LOCKED = { id: "g", dataId: "c", grantee: "bank", lockedUntil: 4_000_000_000, expiresAt: undefined };

function connect(state: SessionState, disconnect = async () => undefined) {
  render(
    <SignedIn person={person}>
      <SessionContext value={{ ...sessionOf(state), disconnect }}>
        <Connect />
      </SessionContext>
    </SignedIn>,
  );
}

test("no link says that a profile is erased: only erasing it does", () => {
  history.replaceState(null, "", "/?erased");
  connect({ kind: "none" });
  expect(heading()).toBe(TEXTS.connect.title);
  cleanup();
  connect({ kind: "none", erased: { held: [] } });
  expect(heading()).toBe(TEXTS.erase.done);
});

test("who erased their profile reads what locks still hold", () => {
  connect({ kind: "none", erased: { held: ["the bank’s copy"] } });
  expect(screen.getByRole("heading", { level: 2, name: TEXTS.erase.stays })).toBeDefined();
  expect(screen.getByText("the bank’s copy")).toBeDefined();
});

test("who loads the page again after coming in by recovery words is told why they are asked again", () => {
  connect({ kind: "none" });
  expect(screen.queryByText(TEXTS.connect.wordsGone)).toBeNull();
  cleanup();
  connect({ kind: "none", wasByWords: true });
  expect(screen.getByText(TEXTS.connect.wordsGone)).toBeDefined();
});

test("who connects a wallet that does not answer can go back, and only then", () => {
  const disconnect = vi.fn(async () => undefined);
  connect({ kind: "connecting", connector: CONNECTOR }, disconnect);
  expect(screen.getByText(TEXTS.connect.connecting(CONNECTOR.name))).toBeDefined();
  fireEvent.click(screen.getByRole("button", { name: TEXTS.cancel }));
  expect(disconnect).toHaveBeenCalledExactlyOnceWith();
  cleanup();
  connect({ kind: "none" });
  expect(screen.queryByRole("button", { name: TEXTS.cancel })).toBeNull();
});

test("who erases their profile leaves, and is told; who could not stays", async () => {
  const disconnect = vi.fn(async () => undefined);
  const eraseProfile = vi.fn(() => Promise.reject(new Error("not now")));
  Object.assign(person, {
    credentials: async () => ({ value: [] }),
    grantsOwned: async () => ({ value: [LOCKED] }),
    eraseProfile,
  });
  history.replaceState(null, "", "/erase");
  render(
    <SignedIn person={person}>
      <SessionContext value={{ ...sessionOf(ready(person)), disconnect }}>
        <Erase />
      </SessionContext>
    </SignedIn>,
  );
  const word = await screen.findByLabelText(TEXTS.erase.type(TEXTS.erase.word));
  fireEvent.change(word, { target: { value: TEXTS.erase.word } });
  const erase = () => fireEvent.click(screen.getByRole("button", { name: TEXTS.erase.final }));
  erase();
  await screen.findByText("Not now.");
  expect(disconnect).not.toHaveBeenCalled();
  eraseProfile.mockImplementation(async () => undefined as never);
  erase();
  const stays = TEXTS.erase.staysItem(TEXTS.shared.unknownWhat, "bank", shownTime(LOCKED.lockedUntil));
  await waitFor(() => expect(disconnect).toHaveBeenCalledExactlyOnceWith({ held: [stays] }));
  expect(location.pathname + location.search).toBe("/");
});
