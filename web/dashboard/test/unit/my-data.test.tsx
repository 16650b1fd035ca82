// @vitest-environment happy-dom
// Beside what is there, why something else is not stays in sight.
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type AccessGrant, type Answer, type Credential, type IdosClient, UsageError } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { MyData } from "../../src/routes/my-data.tsx";
import { SetupContext } from "../../src/session/config-context.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { CONFIG, SignedIn } from "../support/signed-in.tsx";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children }: { children: unknown }) => children,
  useLocation: () => ({ state: {} }),
  useNavigate: () => () => undefined,
}));

afterEach(cleanup);

test("why it is not known who reads along stays, with the focus, while it is asked again", async () => {
  const { person } = fakePerson({ profile: { id: "u", encryptionPublicKey: "k", passwordStore: "user" } });
  const credential = { id: "a", userId: "u", isCopy: false, originalId: null, publicNotes: "" } as Credential;
  const grantsOwned = vi.fn<() => Promise<Answer<readonly AccessGrant[]>>>(() =>
    Promise.reject(new UsageError("Argument", "no grants today")),
  );
  Object.assign(person, { credentials: async () => ({ value: [credential] }), grantsOwned });
  const client = { parties: async () => ({ value: [], proof: undefined }) } as unknown as IdosClient;
  render(
    <SignedIn person={person}>
      <SetupContext value={{ config: CONFIG, client }}>
        <MyData />
      </SetupContext>
    </SignedIn>,
  );
  await screen.findByText("No grants today.");
  const retry = screen.getByRole("button", { name: TEXTS.retry });
  grantsOwned.mockReturnValue(new Promise(() => undefined));
  retry.focus();
  fireEvent.click(retry);
  await vi.waitFor(() => expect(retry.querySelector(".spinner")).not.toBeNull());
  expect(document.activeElement).toBe(retry);
});
