// @vitest-environment happy-dom
// What is shown of grants is what is known of them, and what is done to them is what was chosen.
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { type AccessGrant, type Credential, type IdosClient, type Party, RefusedError } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { GrantItem } from "../../src/components/grant-item.tsx";
import { ShareDialog } from "../../src/components/share-dialog.tsx";
import { useGrantsOwned } from "../../src/queries/person-query.ts";
import { Attributes } from "../../src/routes/attributes.tsx";
import { Shared } from "../../src/routes/shared.tsx";
import { seconds, shownTime } from "../../src/rules/dates.ts";
import { daysFrom } from "../../src/rules/locks.ts";
import { SetupContext } from "../../src/session/config-context.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { RING } from "../support/ring.ts";
import { CONFIG, SignedIn } from "../support/signed-in.tsx";

afterEach(cleanup);

const { attributes: own, shared: texts, share } = TEXTS;
const GRANT: AccessGrant = {
  id: "g",
  ownerUserId: "u",
  grantee: "bank",
  dataId: "copy",
  lockedUntil: 0,
  contentHash: null,
  inserterType: "user",
  inserterId: "",
  expiresAt: 4_000_000_000,
  height: 7,
};

function personWith(more: object) {
  const { person } = fakePerson();
  return Object.assign(person, more);
}

function shownGrant(grant: AccessGrant, parties: readonly Party[] | undefined) {
  const setGrantExpiry = vi.fn(async (_id: string, _at: number) => undefined);
  const onDone = vi.fn();
  render(
    <SignedIn person={personWith({ setGrantExpiry })}>
      <ul>
        <GrantItem grant={grant} what="KYC" parties={parties} onDone={onDone} />
      </ul>
    </SignedIn>,
  );
  return { setGrantExpiry, onDone };
}

test("that a grant has no end is said, unless that is not known", () => {
  shownGrant({ ...GRANT, expiresAt: 0 }, []);
  expect(screen.getByText(TEXTS.data.never)).toBeDefined();
  cleanup();
  shownGrant({ ...GRANT, expiresAt: undefined }, []);
  expect(screen.queryByText(TEXTS.data.never)).toBeNull();
});

test("a screen says once why nothing comes, however much it asked for", async () => {
  const fail = () => Promise.reject(new RefusedError("Failed", 1, "not now"));
  const person = personWith({ grantsOwned: fail, attributes: fail, credentials: fail });
  render(
    <SignedIn person={person}>
      <Shared />
    </SignedIn>,
  );
  await screen.findByText("Not now.");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(screen.getAllByRole("alert")).toHaveLength(1);
});

test("grants are searched by who may read, and what", async () => {
  const grants = ["one", "two", "three", "four"].map((grantee) => ({ ...GRANT, id: grantee, grantee }));
  const person = personWith({
    grantsOwned: async () => ({ value: grants, proof: undefined }),
    credentials: async () => ({ value: [], proof: undefined }),
  });
  render(
    <SignedIn person={person}>
      <Shared />
    </SignedIn>,
  );
  fireEvent.change(await screen.findByLabelText(TEXTS.data.search), { target: { value: "THREE deleted" } });
  expect(screen.getAllByRole("listitem")).toHaveLength(1);
  expect(screen.getByRole("heading", { level: 3, name: "three" })).toBeDefined();
});

const openEnd = () => fireEvent.click(screen.getByRole("button", { name: /^Set an end:/ }));
const choose = (days: string) =>
  fireEvent.change(screen.getByLabelText(share.end), { target: { value: days } });
const submit = () => screen.getByRole("button", { name: texts.setEnd });

test("an end that is set is not taken away by whoever chooses nothing", async () => {
  const { setGrantExpiry, onDone } = shownGrant(GRANT, []);
  openEnd();
  expect(submit()).toHaveProperty("disabled", true);
  choose("0");
  fireEvent.click(submit());
  await vi.waitFor(() => expect(onDone).toHaveBeenCalledExactlyOnceWith(texts.noEnd));
  expect(setGrantExpiry).toHaveBeenCalledExactlyOnceWith("g", 0);
});

test("an end comes after the lock, and is said", async () => {
  const at = daysFrom(seconds(new Date()), 90);
  const { setGrantExpiry, onDone } = shownGrant({ ...GRANT, lockedUntil: at - 60 }, []);
  openEnd();
  choose("30");
  screen.getByText(share.endFault);
  expect(submit()).toHaveProperty("disabled", true);
  choose("90");
  fireEvent.click(submit());
  await vi.waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  const [[, chosen] = []] = setGrantExpiry.mock.calls;
  expect(Math.abs((chosen ?? 0) - at)).toBeLessThan(60);
  expect(onDone).toHaveBeenCalledWith(texts.setEndDone(shownTime(chosen ?? 0)));
});

test("what is taken back from whom is named, and told at once, whatever the page can learn after that", async () => {
  const revoke = vi.fn(async () => undefined);
  const onDone = vi.fn();
  // A page that asks again, and is never answered.
  const grantsOwned = vi.fn(async (): Promise<unknown> => ({ value: [GRANT] }));
  function Page() {
    useGrantsOwned();
    return <GrantItem grant={GRANT} what="Passport" parties={[]} onDone={onDone} />;
  }
  render(
    <SignedIn person={personWith({ revoke, grantsOwned })}>
      <ul>
        <Page />
      </ul>
    </SignedIn>,
  );
  await vi.waitFor(() => expect(grantsOwned).toHaveBeenCalledOnce());
  grantsOwned.mockReturnValue(new Promise(() => undefined));
  screen.getByRole("button", { name: `${texts.setEnd}: Passport, bank` });
  fireEvent.click(screen.getByRole("button", { name: `${texts.revoke}: Passport, bank` }));
  const dialog = screen.getByRole("dialog", { name: texts.revokeTitle("Passport", "bank") });
  fireEvent.click(within(dialog).getByRole("button", { name: texts.revoke }));
  await vi.waitFor(() => expect(onDone).toHaveBeenCalledExactlyOnceWith(texts.revoked));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(revoke).toHaveBeenCalledExactlyOnceWith("g");
});

test("nobody is called unlisted before the list is there", () => {
  shownGrant(GRANT, undefined);
  expect(screen.queryByText(texts.unlisted)).toBeNull();
  cleanup();
  shownGrant(GRANT, []);
  screen.getByText(texts.unlisted);
});

test("a credential that could not be read is not called deleted", async () => {
  const proof = { height: 7, time: new Date() };
  const page = (credentials: () => Promise<unknown>) =>
    render(
      <SignedIn person={personWith({ grantsOwned: async () => ({ value: [GRANT], proof }), credentials })}>
        <Shared />
      </SignedIn>,
    );
  page(() => Promise.reject(new Error("no node answers")));
  await screen.findByText(texts.notKnownYet);
  expect(screen.queryByText(texts.unknownWhat)).toBeNull();
  cleanup();
  page(async () => ({ value: [], proof }));
  await screen.findByText(texts.unknownWhat);
});

test("copies of attributes are shared too: they are shown, and ended", async () => {
  const proof = { height: 7, time: new Date() };
  const fake = fakePerson({ keyRing: RING });
  const add = (id: string, key: string, originalId: string | null) =>
    fake.attributes.push({ id, userId: "u", key, value: "idos:box:x", inserter: null, originalId });
  const removeAttribute = vi.fn(async (id: string) => {
    fake.attributes.splice(
      fake.attributes.findIndex((it) => it.id === id),
      1,
    );
  });
  const none = async () => ({ value: [], proof });
  Object.assign(fake.person, { grantsOwned: none, credentials: none, removeAttribute });
  add("1", "email", null);
  add("2", "mail for the bank", "1");
  add("3", "phone", "gone");
  render(
    <SignedIn person={fake.person}>
      <Shared />
    </SignedIn>,
  );
  await screen.findByText(texts.copyOf("email"));
  await screen.findByText(texts.copyOf("phone"));
  expect(screen.getAllByRole("listitem")).toHaveLength(2);
  expect(screen.queryByText(texts.empty)).toBeNull();
  for (const name of ["email", "phone"]) {
    fireEvent.click(screen.getByRole("button", { name: `${texts.endCopy}: ${name}` }));
    fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: texts.endCopy }));
    await vi.waitFor(() => expect(screen.queryByText(texts.copyOf(name))).toBeNull());
  }
  expect(removeAttribute.mock.calls).toEqual([["2"], ["3"]]);
  await screen.findByText(texts.copyEnded);
  await screen.findByText(texts.empty);
  expect(fake.attributes.map(({ id }) => id)).toEqual(["ring", "1"]);
});

test("recipients of one name are told apart where one is chosen", async () => {
  const party = (address: string, name: string) =>
    ({ id: address, address, roles: ["consumer"], keys: { name } }) as unknown as Party;
  const all = [party("bank-1", "Sample Bank"), party("bank-2", "Sample bank"), party("shop", "Shop")];
  const client = { parties: async () => ({ value: all }) } as unknown as IdosClient;
  const credential = { id: "c", publicNotes: "" } as Credential;
  render(
    <SignedIn person={personWith({})}>
      <SetupContext value={{ config: CONFIG, client }}>
        <ShareDialog credential={credential} onDone={() => undefined} onClose={() => undefined} />
      </SetupContext>
    </SignedIn>,
  );
  const recipients = within(await screen.findByLabelText(share.recipient)).getAllByRole("option");
  expect(recipients.slice(1).map((it) => it.textContent)).toEqual([
    "Sample Bank (bank-1)",
    "Sample bank (bank-2)",
    "Shop",
  ]);
});

test("what is ended is told at once, also of copies and attributes, whatever the page can learn after that", async () => {
  const attribute = (id: string, key: string, originalId: string | null) =>
    ({ id, userId: "u", key, value: "plain", inserter: null, originalId }) as const;
  const all = [attribute("1", "email", null), attribute("2", "email", "1")];
  const none = async () => ({ value: [] });
  for (const [shown, name, action, said] of [
    [<Shared key="s" />, `${texts.endCopy}: email`, texts.endCopy, texts.copyEnded],
    [<Attributes key="a" />, `${own.delete}: email`, own.delete, own.deleted],
  ] as const) {
    const attributes = vi.fn(async (): Promise<unknown> => ({ value: all }));
    const removeAttribute = async () => {
      // A page that asks again, and is never answered.
      attributes.mockReturnValue(new Promise(() => undefined));
    };
    const more = { grantsOwned: none, credentials: none, attributes, removeAttribute };
    render(<SignedIn person={personWith(more)}>{shown}</SignedIn>);
    fireEvent.click(await screen.findByRole("button", { name }));
    fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: action }));
    await screen.findByText(said);
    expect(screen.queryByRole("dialog")).toBeNull();
    cleanup();
  }
});

test("who shares something once more is told who has a copy already, and until when", async () => {
  const credential = { id: "c", isCopy: false, originalId: null, publicNotes: "" } as Credential;
  const party = {
    id: "p",
    address: "bank",
    roles: ["consumer"],
    keys: { name: "Bank", encryptionPublicKey: "k" },
  } as unknown as Party;
  const parties = async () => ({ value: [party], proof: undefined });
  const lockedUntil = 4_000_000_000;
  const grants = [{ ...GRANT, dataId: "c", lockedUntil }];
  const person = personWith({
    grantsOwned: async () => ({ value: grants, proof: undefined }),
    credentials: async () => ({ value: [credential], proof: undefined }),
  });
  render(
    <SignedIn person={person}>
      <SetupContext value={{ config: CONFIG, client: { parties } as unknown as IdosClient }}>
        <ShareDialog credential={credential} onDone={() => undefined} onClose={() => undefined} />
      </SetupContext>
    </SignedIn>,
  );
  const recipient = await screen.findByLabelText(share.recipient);
  const already = share.already("Bank", shownTime(lockedUntil));
  expect(screen.queryByText(already)).toBeNull();
  fireEvent.change(recipient, { target: { value: "p" } });
  expect(screen.getByText(already)).toBeDefined();
});
