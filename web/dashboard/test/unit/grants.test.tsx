// @vitest-environment happy-dom
// What is shown of grants is what is known of them, and what is done to them is what was chosen.
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import type { AccessGrant, Party } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { GrantItem } from "../../src/components/grant-item.tsx";
import { Shared } from "../../src/routes/shared.tsx";
import { seconds, shownTime } from "../../src/rules/dates.ts";
import { daysFrom } from "../../src/rules/locks.ts";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { SignedIn } from "../support/signed-in.tsx";

afterEach(cleanup);

const { shared: texts, share } = TEXTS;
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
  const fake = fakePerson({ keyRing: "ring" });
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
