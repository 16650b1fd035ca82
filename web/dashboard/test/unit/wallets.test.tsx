// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { type Wallet, WalletError } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { Wallets } from "../../src/routes/wallets.tsx";
import { TEXTS } from "../../src/texts.ts";
import { fakePerson } from "../support/person.ts";
import { SignedIn } from "../support/signed-in.tsx";

afterEach(cleanup);

const { errors, wallets: texts } = TEXTS;

/** An account of NEAR that is linked with two keys, beside the wallet in use. */
const LINKED: readonly Pick<Wallet, "id" | "type" | "address" | "publicKey">[] = [
  { id: "used", type: "EVM", address: "0x1", publicKey: null },
  { id: "first", type: "NEAR", address: "ada.near", publicKey: "ed25519:1" },
  { id: "second", type: "NEAR", address: "ada.near", publicKey: "ed25519:2" },
];

/** Removes a wallet of two keys; the signatures that are refused are counted from 1. */
async function remove(refused: readonly number[]) {
  const asked: string[] = [];
  const { person } = fakePerson();
  Object.assign(person, {
    wallets: async () => ({ value: LINKED }),
    removeWallet: async (id: string) => {
      asked.push(id);
      if (refused.includes(asked.length)) {
        throw new WalletError("Rejected", "x");
      }
    },
  });
  render(
    <SignedIn person={person}>
      <Wallets />
    </SignedIn>,
  );
  fireEvent.click(await screen.findByRole("button", { name: /^Remove ada/ }));
  const confirm = () => {
    const dialog = within(document.querySelector("dialog") ?? document.body);
    fireEvent.click(dialog.getByText(texts.remove));
  };
  confirm();
  const alert = async () => (await screen.findByText(errors.wallet)).closest("[role=alert]")?.textContent;
  return { asked, confirm, alert };
}

test("the wallet of recovery words is linked by typing them, if it was not when they were made", async () => {
  const signer = { wallet: { type: "FaceSign", address: "aa" } };
  const enclave = { recover: async () => ({ publicKey: "aa" }), recoverySigner: vi.fn(() => signer) };
  const addWallet = vi.fn(async () => undefined);
  const { person } = fakePerson();
  Object.assign(person, { wallets: async () => ({ value: LINKED }), addWallet });
  render(
    <SignedIn person={person} enclave={enclave}>
      <Wallets />
    </SignedIn>,
  );
  fireEvent.click(await screen.findByRole("button", { name: texts.add }));
  fireEvent.click(screen.getByText(TEXTS.connect.recoveryAction));
  await screen.findByText(texts.added);
  expect(enclave.recoverySigner).toHaveBeenCalledExactlyOnceWith("aa");
  expect(addWallet).toHaveBeenCalledExactlyOnceWith(signer);
});

test("who refuses the first signature is told that nothing was changed", async () => {
  const { alert } = await remove([1]);
  expect(await alert()).toContain(errors.unchanged);
});

test("who refuses the second is told that some of it is done, and goes on with that one", async () => {
  const { asked, confirm, alert } = await remove([2]);
  const said = await alert();
  expect(said).toContain(errors.unfinished);
  expect(said).not.toContain(errors.unchanged);
  confirm();
  await screen.findByText(texts.removed);
  expect(asked).toEqual(["first", "second", "second"]);
});
