// @vitest-environment happy-dom
// What is clicked is done or fails now: nothing waits for the line, to be signed when nobody expects it.
import { onlineManager } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { NodeError } from "idos-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EnclaveAction } from "../../src/components/enclave-action.tsx";
import { useProfile } from "../../src/queries/person-query.ts";
import { useWrite } from "../../src/queries/write.ts";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { SignedIn } from "../support/signed-in.tsx";

beforeEach(() => onlineManager.setOnline(false));
afterEach(() => {
  cleanup();
  onlineManager.setOnline(true);
});

function Shown() {
  const profile = useProfile();
  const revoke = useWrite((person) => person.revoke("g"));
  return (
    <>
      <p>{profile.data?.value?.id}</p>
      <EnclaveAction action={revoke} given={undefined}>
        {TEXTS.shared.revoke}
      </EnclaveAction>
    </>
  );
}

test("without a line a write is tried at once, fails at once, and is not repeated later", async () => {
  const { person } = fakePerson({
    profile: { id: "u", encryptionPublicKey: "key", passwordStore: "user" },
  });
  const revoke = vi.fn(() => Promise.reject(new NodeError("Unreachable", "http://node.test", "no")));
  Object.assign(person, { revoke });
  render(
    <SignedIn person={person}>
      <Shown />
    </SignedIn>,
  );
  await screen.findByText("u");
  fireEvent.click(screen.getByRole("button", { name: TEXTS.shared.revoke }));
  await screen.findByText(TEXTS.errors.offline);
  cleanup();
  onlineManager.setOnline(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(revoke).toHaveBeenCalledOnce();
});
