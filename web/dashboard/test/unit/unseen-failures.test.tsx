// @vitest-environment happy-dom
// What was signed goes on when its dialog is closed: if it fails, the person is told wherever they are.
import { useQueryClient } from "@tanstack/react-query";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { type AccessGrant, UnknownOutcomeError } from "idos-client";
import { useState } from "react";
import { afterEach, expect, test, vi } from "vitest";
import { Dialog } from "../../src/components/dialog.tsx";
import { GrantItem } from "../../src/components/grant-item.tsx";
import { UnseenFailures } from "../../src/components/unseen-failures.tsx";
import { useAttributes } from "../../src/queries/person-query.ts";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { SignedIn } from "../support/signed-in.tsx";

afterEach(cleanup);

const GRANT = {
  id: "g",
  grantee: "bank",
  dataId: "copy",
  lockedUntil: 0,
  inserterType: "user",
} as AccessGrant;

/** A screen with a grant that can be left, and a way to sign out. */
function Page() {
  const queries = useQueryClient();
  const [place, setPlace] = useState("grants");
  useAttributes();
  return (
    <>
      {place === "grants" ? (
        <ul>
          <GrantItem grant={GRANT} what="KYC" parties={[]} onDone={() => undefined} />
        </ul>
      ) : null}
      {place === "dialog" ? (
        <Dialog title="Elsewhere" onClose={() => undefined}>
          {null}
        </Dialog>
      ) : null}
      <button type="button" onClick={() => setPlace("dialog")}>
        Leave
      </button>
      <button type="button" onClick={() => queries.clear()}>
        Sign out
      </button>
      <UnseenFailures />
    </>
  );
}

/** Has a grant revoked, whose outcome `fail` decides. */
async function revoking(person = fakePerson().person) {
  let fail = (_: Error) => {};
  const revoke = () =>
    new Promise<never>((_, reject) => {
      fail = reject;
    });
  render(
    <SignedIn person={Object.assign(person, { revoke })}>
      <Page />
    </SignedIn>,
  );
  fireEvent.click(screen.getByRole("button", { name: /^Revoke: / }));
  const buttons = within(screen.getByRole("dialog"));
  buttons.getByRole("button", { name: TEXTS.cancel });
  fireEvent.click(buttons.getByRole("button", { name: TEXTS.shared.revoke }));
  // It is signed and on its way: it can be closed, and not cancelled.
  await vi.waitFor(() => expect(buttons.queryByRole("button", { name: TEXTS.cancel })).toBeNull());
  const close = () =>
    fireEvent.click(buttons.getAllByRole("button", { name: TEXTS.close }).at(-1) as Element);
  return { close, fail: () => act(async () => fail(new UnknownOutcomeError("aa"))) };
}

const click = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

test("what fails after its dialog was closed is told, until the person has read it", async () => {
  const { close, fail } = await revoking();
  close();
  expect(screen.queryByRole("dialog")).toBeNull();
  await fail();
  const notice = await screen.findByRole("alert");
  expect(notice.textContent).toContain(TEXTS.errors.unknown);
  expect(notice.textContent).toContain(TEXTS.unseen);
  click(TEXTS.close);
  expect(screen.queryByRole("alert")).toBeNull();
});

test("what fails after its screen was left is told within the dialog that is open", async () => {
  const { fail } = await revoking();
  click("Leave");
  await fail();
  const notice = await screen.findByRole("alert");
  expect(notice.closest("dialog")).toBe(screen.getByRole("dialog", { name: "Elsewhere" }));
});

test("what fails in sight is said there, and once", async () => {
  const { fail } = await revoking();
  await fail();
  const notice = await screen.findByRole("alert");
  expect(notice.textContent).toContain(TEXTS.errors.unknown);
  expect(screen.queryByText(TEXTS.unseen)).toBeNull();
  // To close it afterwards tells nothing again.
  click(TEXTS.cancel);
  expect(screen.queryByRole("alert")).toBeNull();
});

test("why a write failed is said at once, though nothing that is asked again is answered", async () => {
  const { fail } = await revoking(
    Object.assign(fakePerson().person, { attributes: () => new Promise(() => {}) }),
  );
  await fail();
  await screen.findByText(TEXTS.errors.unknown);
});

test("what somebody left behind is not told to who comes next", async () => {
  const { close, fail } = await revoking();
  close();
  click("Sign out");
  await fail();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(screen.queryByRole("alert")).toBeNull();
});
