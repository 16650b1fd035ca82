// @vitest-environment happy-dom
// A button that waits for an answer which does not come says why, and lets it be asked for again.
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type Attribute, type Credential, type IdosClient, UsageError } from "idos-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AttributeDialog } from "../../src/components/attribute-dialog.tsx";
import { HolderFault } from "../../src/components/holder-fault.tsx";
import { ShareDialog } from "../../src/components/share-dialog.tsx";
import { Export } from "../../src/routes/export.tsx";
import { Received } from "../../src/routes/received.tsx";
import { SetupContext } from "../../src/session/config-context.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { CONFIG, SignedIn } from "../support/signed-in.tsx";
import { withView } from "../support/view.ts";

beforeEach(() => {
  withView();
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const nothing = () => undefined;
const credential = { id: "c", publicNotes: '{"type":"kyc"}' } as Credential;
const grant = { id: "g", ownerUserId: "other", grantee: "0x1", dataId: "copy", lockedUntil: 0 };

test.each([
  ["the export", <Export key="e" />],
  ["what is received", <Received key="r" />],
  ["sharing", <ShareDialog key="s" credential={credential} onDone={nothing} onClose={nothing} />],
  [
    "an attribute",
    <AttributeDialog key="a" attribute={undefined} others={[]} onDone={nothing} onClose={nothing} />,
  ],
])("%s says why it cannot be done", async (_, shown) => {
  const { person } = fakePerson({ profile: { id: "u", encryptionPublicKey: "k", passwordStore: "user" } });
  const { attributes: answer } = person;
  const attributes = vi.fn(answer).mockRejectedValue(new UsageError("Argument", "no attributes today"));
  Object.assign(person, {
    attributes,
    grantsGranted: async () => ({ value: { grants: [grant], total: 1, isComplete: true } }),
    sharedCredential: async () => ({ value: undefined }),
  });
  const client = { parties: async () => ({ value: [], proof: undefined }) } as unknown as IdosClient;
  render(
    <SignedIn person={person}>
      <SetupContext value={{ config: CONFIG, client }}>{shown}</SetupContext>
    </SignedIn>,
  );
  await screen.findByText("No attributes today.");
  attributes.mockImplementation(answer);
  fireEvent.click(screen.getByRole("button", { name: TEXTS.retry }));
  await vi.waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
});

test("what is stored in plain needs no keys, and complains of none", async () => {
  const { person } = fakePerson({ profile: { id: "u", encryptionPublicKey: "k", passwordStore: "user" } });
  person.attributes = () => Promise.reject(new UsageError("Argument", "no attributes today"));
  const plain = { id: "a", userId: "u", key: "k", value: "v", inserter: null, originalId: null } as Attribute;
  render(
    <SignedIn person={person}>
      <AttributeDialog attribute={plain} others={[]} onDone={nothing} onClose={nothing} />
    </SignedIn>,
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(screen.queryByText("No attributes today.")).toBeNull();
});

test("the reason, and the focus, stay while it is asked again", async () => {
  const { person } = fakePerson({ profile: { id: "u", encryptionPublicKey: "k", passwordStore: "user" } });
  const attributes = vi.fn(person.attributes).mockRejectedValue(new UsageError("Argument", "none today"));
  Object.assign(person, { attributes });
  render(
    <SignedIn person={person}>
      <HolderFault />
    </SignedIn>,
  );
  const retry = await screen.findByRole("button", { name: TEXTS.retry });
  attributes.mockReturnValue(new Promise(() => undefined));
  retry.focus();
  fireEvent.click(retry);
  await vi.waitFor(() => expect(retry.querySelector(".spinner")).not.toBeNull());
  expect(document.activeElement).toBe(retry);
});
