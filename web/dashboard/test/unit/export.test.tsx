// @vitest-environment happy-dom
// Everything goes into one file, however much it is: this page holds one credential at a time.
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { NodeError, type Person } from "idos-client";
import { EnclaveError, type EnclaveMethods } from "idos-client/enclave";
import { afterEach, expect, test, vi } from "vitest";
import { Export } from "../../src/routes/export.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { SignedIn } from "../support/signed-in.tsx";

type Part = Parameters<EnclaveMethods["exportPart"]>[0];

const PROFILE = { id: "u", encryptionPublicKey: "key", passwordStore: "user" } as const;
const IDS = ["a", "b", "c"];

afterEach(cleanup);

/** The page, with an enclave that makes its file when the last part is there. */
function open(
  credential: (id: string) => Promise<unknown> = async (id) => ({ value: { id, content: "AA" } }),
) {
  const calls: string[] = [];
  let settle: { resolve: (made: { items: number }) => void; reject: (error: Error) => void } | undefined;
  const parts: Part[] = [];
  const enclave = {
    export: vi.fn(() => {
      calls.push("export");
      return new Promise((resolve, reject) => {
        settle = { resolve, reject };
      });
    }),
    exportPart: vi.fn(async (part: Part) => {
      calls.push("part");
      parts.push(part);
      if (part?.isLast === true) {
        settle?.resolve({ items: IDS.length });
      }
      return null;
    }),
  };
  const { person } = fakePerson({ profile: PROFILE, keyRing: RING });
  const asked: Partial<Record<keyof Person, unknown>> = {
    credentials: async () => ({
      value: [...IDS, "copy"].map((id) => ({ id, isCopy: id === "copy" })),
    }),
    credential: (id: string) => {
      calls.push(id);
      return credential(id);
    },
    grantsOwned: async () => ({ value: [{ id: "grant" }] }),
  };
  render(
    <SignedIn person={Object.assign(person, asked)} enclave={enclave}>
      <Export />
    </SignedIn>,
  );
  return { calls, parts, enclave, decline: () => settle?.reject(new EnclaveError("Declined", "closed")) };
}

async function start(): Promise<void> {
  const button = screen.getByRole("button", { name: TEXTS.export.action }) as HTMLButtonElement;
  await waitFor(() => expect(button.disabled).toBe(false));
  fireEvent.click(button);
}

test("the window opens first, and each credential is handed over before the next is fetched", async () => {
  const { calls, parts, enclave } = open();
  await start();
  await screen.findByText(TEXTS.export.done(3));
  expect(calls).toEqual(["export", "a", "part", "b", "part", "c", "part", "part"]);
  expect(enclave.export).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ more: true, credentials: [] }),
  );
  expect(parts.map((part) => part?.credentials.map(({ id }) => id))).toEqual([["a"], ["b"], ["c"], []]);
  expect(parts.map((part) => part?.isLast)).toEqual([false, false, false, true]);
  expect(parts[3]?.record).toMatchObject({ profile: PROFILE, grants: [{ id: "grant" }] });
});

test("what cannot be fetched ends the export in the enclave, too", async () => {
  const failing = async (id: string) => {
    if (id === "b") {
      throw new NodeError("Unreachable", "http://n", "x");
    }
    return { value: { id } };
  };
  const { parts } = open(failing);
  await start();
  await screen.findByText(TEXTS.errors.offline);
  expect(parts.map((part) => part?.credentials.length)).toEqual([1, undefined]);
  expect(parts[1]).toBeNull();
});

test("a closed window stops the fetching", async () => {
  let answer: (value: unknown) => void = () => undefined;
  const { calls, decline } = open(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  await start();
  await waitFor(() => expect(calls).toEqual(["export", "a"]));
  decline();
  await screen.findByText(TEXTS.errors.declined);
  answer({ value: { id: "a" } });
  await new Promise((resolve) => setTimeout(resolve));
  expect(calls).toEqual(["export", "a"]);
});
