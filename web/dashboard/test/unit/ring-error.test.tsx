// @vitest-environment happy-dom
// The enclave says only that it is not certain what the page stored: the page knows its own error, and keeps it.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, waitFor } from "@testing-library/react";
import { type IdosClient, WalletError } from "idos-client";
import { Enclave } from "idos-client/enclave";
import { afterEach, expect, test, vi } from "vitest";
import { SetupContext } from "../../src/session/config-context.tsx";
import { type EnclaveAccess, useEnclave } from "../../src/session/enclave-context.tsx";
import { EnclaveProvider } from "../../src/session/enclave-provider.tsx";
import { SessionContext } from "../../src/session/session-context.tsx";
import { fakePerson } from "../support/person.ts";
import { CONFIG, ready, sessionOf } from "../support/signed-in.tsx";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

test("why the last ring was not stored is kept until it is taken, or another one is stored", async () => {
  const opened = vi.spyOn(Enclave, "open").mockImplementation(async () => ({}) as Enclave);
  let access: EnclaveAccess | undefined;
  const Taken = () => {
    access = useEnclave();
    return null;
  };
  const { person, attributes } = fakePerson();
  const refused = new WalletError("Rejected", "x");
  const { addAttribute } = person;
  person.addAttribute = () => Promise.reject(refused);
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
  const store = () => options?.storeKeyRing("ring", null);
  await expect(store()).rejects.toBe(refused);
  expect(access?.takeRingError()).toBe(refused);
  expect(access?.takeRingError()).toBeUndefined();
  await expect(store()).rejects.toBe(refused);
  person.addAttribute = addAttribute;
  await store();
  expect(access?.takeRingError()).toBeUndefined();
  expect(attributes.map(({ value }) => value)).toEqual(["ring"]);
});
