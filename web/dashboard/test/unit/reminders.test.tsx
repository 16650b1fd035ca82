// @vitest-environment happy-dom
// Who renews what they shared learns what became of it: more access than they agreed to is never left unsaid.
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type AccessGrant, type Credential, type Party, WalletError } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { Reminders } from "../../src/components/reminders.tsx";
import { useCredentials, useGrantsOwned } from "../../src/queries/person-query.ts";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { SignedIn } from "../support/signed-in.tsx";

afterEach(cleanup);

const { errors, reminders: texts, share } = TEXTS;
const PROFILE = { id: "u", encryptionPublicKey: "key", passwordStore: "user" } as const;
const BANK = {
  id: "p",
  address: "bank",
  roles: ["consumer"],
  keys: { name: "Sample Bank" },
} as unknown as Party;
const NAME = TEXTS.types["kyc"] ?? "";
const FAR = 4_000_000_000;

const credential = (id: string, originalId: string | null, notes: object): Credential =>
  ({
    id,
    userId: "u",
    isCopy: originalId !== null,
    originalId,
    issuerAuthPublicKey: "issuer",
    publicNotes: JSON.stringify({ type: "kyc", ...notes }),
  }) as Credential;
const grant = (id: string, dataId: string, more: Partial<AccessGrant> = {}): AccessGrant =>
  ({ id, dataId, ownerUserId: "u", grantee: "bank", lockedUntil: 0, expiresAt: 0, ...more }) as AccessGrant;

function Shown() {
  const [credentials, grants] = [useCredentials().data?.value, useGrantsOwned().data?.value];
  return credentials === undefined || grants === undefined ? null : (
    <Reminders credentials={credentials} grants={grants} parties={[BANK]} />
  );
}

/** A person whose bank has an old version; `writes` stand for what the network does. */
function open(old: Partial<AccessGrant>, writes: object = {}) {
  const credentials = [
    credential("old", null, { id: "1" }),
    credential("new", null, { id: "2", replaces: "1" }),
    credential("old-copy", "old", {}),
  ];
  const grants = [grant("g", "old-copy", old)];
  const { person } = fakePerson({ profile: PROFILE, keyRing: RING });
  const revoke = vi.fn(async (id: string) => {
    grants.splice(
      grants.findIndex((it) => it.id === id),
      1,
    );
  });
  Object.assign(person, {
    credentials: async () => ({ value: [...credentials] }),
    grantsOwned: async () => ({ value: [...grants] }),
    credential: async (id: string) => ({ value: credentials.find((it) => it.id === id) }),
    share: vi.fn(async () => {
      credentials.push(credential("new-copy", "new", {}));
      grants.push(grant("g2", "new-copy"));
      return { copyId: "new-copy" };
    }),
    setGrantExpiry: vi.fn(async () => undefined),
    revoke,
    ...writes,
  });
  render(
    <SignedIn person={person}>
      <Shown />
    </SignedIn>,
  );
  return { person, grants, revoke };
}

const click = async (name: string) => fireEvent.click(await screen.findByRole("button", { name }));
const said = () => screen.findByText(new RegExp(texts.renewed(NAME, "Sample Bank")));

test("what is renewed says so, though the offer is gone by then", async () => {
  const { person, grants } = open({ expiresAt: FAR });
  await click(texts.shareAndEnd);
  await said();
  expect(person.share).toHaveBeenCalledOnce();
  expect(person.setGrantExpiry).toHaveBeenCalledExactlyOnceWith("g2", FAR);
  expect(grants.map(({ id }) => id)).toEqual(["g2"]);
  expect(screen.queryByText(share.endFailed)).toBeNull();
  expect(screen.queryByRole("button")).toBeNull();
});

test("an end that was not set for the new version is said", async () => {
  open({ expiresAt: FAR }, { setGrantExpiry: () => Promise.reject(new WalletError("Rejected", "x")) });
  await click(texts.shareAndEnd);
  await said();
  await screen.findByText(share.endFailed);
});

test("an old grant that was not ended is said, and can be ended there", async () => {
  const refused = vi.fn(async (_id: string) => {});
  const { person, grants, revoke } = open({}, { revoke: refused });
  refused.mockRejectedValueOnce(new WalletError("Rejected", "x")).mockImplementationOnce(revoke);
  await click(texts.shareAndEnd);
  await said();
  await screen.findByText(texts.notEnded("Sample Bank"));
  const alert = (await screen.findByText(errors.wallet)).closest("[role=alert]");
  expect(alert?.textContent).not.toContain(errors.unchanged);
  expect(grants.map(({ id }) => id)).toEqual(["g", "g2"]);
  await click(texts.end);
  await vi.waitFor(() => expect(screen.queryByText(texts.notEnded("Sample Bank"))).toBeNull());
  expect(grants.map(({ id }) => id)).toEqual(["g2"]);
  expect(person.share).toHaveBeenCalledOnce();
});

test("a share that failed leaves the offer, and nothing is ended", async () => {
  const { revoke } = open({}, { share: () => Promise.reject(new WalletError("Rejected", "x")) });
  await click(texts.shareAndEnd);
  const alert = (await screen.findByText(errors.wallet)).closest("[role=alert]");
  expect(alert?.textContent).toContain(errors.unchanged);
  await screen.findByRole("button", { name: texts.shareAndEnd });
  expect(revoke).not.toHaveBeenCalled();
});

test("a lock is not taken for something that failed", async () => {
  const { revoke, grants } = open({ lockedUntil: FAR, expiresAt: FAR });
  await click(texts.share);
  await said();
  expect(revoke).not.toHaveBeenCalled();
  expect(grants).toHaveLength(2);
  expect(screen.queryByText(texts.notEnded("Sample Bank"))).toBeNull();
});

test("an old grant that is gone is no sign that the new version was shared", async () => {
  const { person, grants } = open(
    {},
    {
      share: async () => {
        // It ends meanwhile.
        grants.splice(0);
        throw new WalletError("Rejected", "x");
      },
    },
  );
  await screen.findByRole("button", { name: texts.shareAndEnd });
  const asked = vi.spyOn(person, "grantsOwned");
  await click(texts.shareAndEnd);
  await screen.findByText(errors.wallet);
  await vi.waitFor(() => expect(asked).toHaveResolved());
  await screen.findByRole("button", { name: texts.shareAndEnd });
  expect(screen.queryByText(new RegExp(texts.renewed(NAME, "Sample Bank")))).toBeNull();
});
