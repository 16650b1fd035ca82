// @vitest-environment happy-dom
// Who leaves takes their keys along: the next person at this browser finds the enclave locked.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, waitFor } from "@testing-library/react";
import type { IdosClient } from "idos-client";
import { Enclave } from "idos-client/enclave";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SetupContext } from "../../src/session/config-context.tsx";
import { EnclaveProvider } from "../../src/session/enclave-provider.tsx";
import { isLeaving, SessionContext, type SessionState } from "../../src/session/session-context.tsx";
import { fakePerson } from "../support/person.ts";
import { CONFIG, CONNECTOR, ready, sessionOf } from "../support/signed-in.tsx";

const lock = vi.fn(async () => null);

beforeEach(() => {
  vi.spyOn(Enclave, "open").mockImplementation(async () => ({ lock }) as unknown as Enclave);
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  lock.mockClear();
});

const none: SessionState = { kind: "none" };
const connecting: SessionState = { kind: "connecting", connector: CONNECTOR };
const changed: SessionState = { kind: "changed", connector: CONNECTOR };
const failed: SessionState = { kind: "failed", connector: CONNECTOR, error: new Error("x") };
const ada = ready(fakePerson().person);
const bob = ready(fakePerson().person);

test("to leave is to be signed in no more, or to give up; to come in is not", () => {
  for (const after of [none, connecting, changed, failed, bob]) {
    expect(isLeaving(ada, after), after.kind).toBe(true);
  }
  expect(isLeaving(ada, ada)).toBe(false);
  for (const before of [connecting, changed, failed]) {
    expect(isLeaving(before, none), before.kind).toBe(true);
    // Recovery words are in the enclave while their wallet signs in, also the second time.
    expect(isLeaving(before, connecting), before.kind).toBe(false);
    expect(isLeaving(before, ada), before.kind).toBe(false);
  }
  expect(isLeaving(none, none)).toBe(false);
  expect(isLeaving(none, connecting)).toBe(false);
});

function page(state: SessionState) {
  return (
    <SetupContext value={{ config: CONFIG, client: {} as IdosClient }}>
      <QueryClientProvider client={new QueryClient()}>
        <SessionContext value={sessionOf(state)}>
          <EnclaveProvider>{null}</EnclaveProvider>
        </SessionContext>
      </QueryClientProvider>
    </SetupContext>
  );
}

test("the enclave is locked by leaving and by another account, and not by coming in", async () => {
  const { rerender } = render(page(none));
  rerender(page(connecting));
  rerender(page(ada));
  await waitFor(() => expect(Enclave.open).toHaveBeenCalled());
  await Promise.resolve();
  expect(lock).not.toHaveBeenCalled();
  rerender(page(changed));
  await waitFor(() => expect(lock).toHaveBeenCalledTimes(1));
  rerender(page(connecting));
  rerender(page(bob));
  rerender(page(none));
  await waitFor(() => expect(lock).toHaveBeenCalledTimes(2));
});
