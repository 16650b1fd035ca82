// @vitest-environment happy-dom
// The enclave says only that it is not certain what the page stored: the page knows its own error, and keeps it.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, waitFor } from "@testing-library/react";
import { type IdosClient, type Person, WalletError } from "idos-client";
import { Enclave } from "idos-client/enclave";
import { afterEach, expect, test, vi } from "vitest";
import { errorText, UnfinishedError } from "../../src/rules/error-text.ts";
import { SetupContext } from "../../src/session/config-context.tsx";
import { type EnclaveAccess, useEnclave } from "../../src/session/enclave-context.tsx";
import { EnclaveProvider } from "../../src/session/enclave-provider.tsx";
import { SessionContext } from "../../src/session/session-context.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING, ring } from "../support/ring.ts";
import { CONFIG, ready, sessionOf } from "../support/signed-in.tsx";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** What the enclave is given to store rings by, and what the page learns of it. */
async function provided(person: Person) {
  const opened = vi.spyOn(Enclave, "open").mockImplementation(async () => ({}) as Enclave);
  let access: EnclaveAccess | undefined;
  const Taken = () => {
    access = useEnclave();
    return null;
  };
  render(
    <SetupContext value={{ config: CONFIG, client: {} as IdosClient }}>
      <QueryClientProvider client={new QueryClient()}>
        <SessionContext value={sessionOf(ready(person))}>
          <EnclaveProvider>
            <Taken />
          </EnclaveProvider>
        </SessionContext>
      </QueryClientProvider>
    </SetupContext>,
  );
  await waitFor(() => expect(opened).toHaveBeenCalled());
  const [[options] = []] = opened.mock.calls;
  return {
    store: async (ring: string, replaces: string | null) => options?.storeKeyRing(ring, replaces),
    takeRingError: () => access?.takeRingError(),
  };
}

const refused = new WalletError("Rejected", "x");

test("why the last ring was not stored is kept until it is taken, or another one is stored", async () => {
  const { person, attributes } = fakePerson();
  const { addAttribute } = person;
  person.addAttribute = () => Promise.reject(refused);
  const { store: storeRing, takeRingError } = await provided(person);
  const store = () => storeRing(RING, null);
  await expect(store()).rejects.toBe(refused);
  expect(takeRingError()).toBe(refused);
  expect(takeRingError()).toBeUndefined();
  await expect(store()).rejects.toBe(refused);
  person.addAttribute = addAttribute;
  await store();
  expect(takeRingError()).toBeUndefined();
  expect(attributes.map(({ value }) => value)).toEqual([RING]);
});

test("a second ring that is not stored does not say that nothing was changed", async () => {
  const { person } = fakePerson({ keyRing: ring("old") });
  const { editAttribute } = person;
  const { store, takeRingError } = await provided(person);
  await store(ring("both passwords"), ring("old"));
  person.editAttribute = () => Promise.reject(refused);
  await expect(store(ring("new password"), ring("both passwords"))).rejects.toBeInstanceOf(UnfinishedError);
  const { title, detail } = errorText(takeRingError());
  expect(title).toBe(TEXTS.errors.wallet);
  expect(detail).not.toContain(TEXTS.errors.unchanged);
  // What is taken is over: the next change has its own.
  await expect(store(ring("new password"), ring("both passwords"))).rejects.toBe(refused);
  person.editAttribute = editAttribute;
  await store(ring("new password"), ring("both passwords"));
});
