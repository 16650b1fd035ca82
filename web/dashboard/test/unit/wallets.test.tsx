// @vitest-environment happy-dom
import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { type Signer, type Wallet, WalletError } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { SignatureBar } from "../../src/components/signature-bar.tsx";
import { Wallets } from "../../src/routes/wallets.tsx";
import { SessionContext } from "../../src/session/session-context.tsx";
import { PendingSignatures } from "../../src/session/watched-signer.ts";
import { TEXTS } from "../../src/texts.ts";
import type { Connection, Connector } from "../../src/wallets/connector.ts";
import { findEvmWallets } from "../../src/wallets/evm.ts";
import { fakePerson } from "../support/person.ts";
import { CONNECTOR, ready, SignedIn, sessionOf } from "../support/signed-in.tsx";

vi.mock("../../src/wallets/evm.ts", () => ({ findEvmWallets: vi.fn(() => () => undefined) }));

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
  const signed = { address: "aa" };
  const ownershipBy = vi.fn(async (_: Signer) => signed);
  const linkWallet = vi.fn(async () => undefined);
  const { person } = fakePerson();
  Object.assign(person, { wallets: async () => ({ value: LINKED }), ownershipBy, linkWallet });
  render(
    <SignedIn person={person} enclave={enclave}>
      <Wallets />
    </SignedIn>,
  );
  fireEvent.click(await screen.findByRole("button", { name: texts.add }));
  fireEvent.click(screen.getByText(TEXTS.connect.recoveryAction));
  await screen.findByText(texts.added);
  expect(enclave.recoverySigner).toHaveBeenCalledExactlyOnceWith("aa");
  expect(ownershipBy.mock.calls).toMatchObject([[{ wallet: signer.wallet }]]);
  expect(linkWallet).toHaveBeenCalledExactlyOnceWith(signed);
});

/** Opens the dialog that adds a wallet, with these wallets announced in the page. */
async function adding(connectors: readonly Connector[], linkWallet: () => Promise<unknown>) {
  vi.mocked(findEvmWallets).mockImplementation((found) => {
    connectors.forEach(found);
    return () => undefined;
  });
  const { person } = fakePerson();
  const ownershipBy = vi.fn(async (signer: Signer) => signer.wallet);
  Object.assign(person, {
    wallets: async () => ({ value: LINKED }),
    ownershipBy,
    linkWallet: vi.fn(linkWallet),
  });
  const release = vi.fn();
  const hold = vi.fn(() => release);
  const signatures = new PendingSignatures();
  const session = {
    ...sessionOf(ready(person)),
    hold,
    watched: (signer: Signer) => signatures.watched(signer),
  };
  render(
    <SignedIn person={person}>
      <SessionContext value={session}>
        <Wallets />
        <SignatureBar signatures={signatures} />
      </SessionContext>
    </SignedIn>,
  );
  await screen.findAllByText("ada.near");
  fireEvent.click(screen.getByRole("button", { name: texts.add }));
  return { person, ownershipBy, hold, release };
}

const signerOf = (address: string) =>
  ({ wallet: { type: "EVM", address, publicKey: undefined } }) as unknown as Signer;
const connectionOf = async (address: string) => ({ signer: signerOf(address) });

test("of the wallet in use another account is taken, and a retry asks only the account in use", async () => {
  const another = vi.fn(() => connectionOf("0x2"));
  const connect = vi.fn(() => connectionOf("0x1"));
  const results = [() => Promise.reject(new WalletError("Rejected", "x")), async () => undefined];
  const { person, ownershipBy, hold, release } = await adding(
    [{ ...CONNECTOR, connect, another }],
    () => results.shift()?.() ?? Promise.resolve(),
  );
  expect(hold).toHaveBeenCalledOnce();
  fireEvent.click(await screen.findByRole("button", { name: new RegExp(texts.another(CONNECTOR.name)) }));
  await screen.findByText(texts.switchBack("0x1"));
  expect(another).toHaveBeenCalledExactlyOnceWith(["0x1", "ada.near", "ada.near", "0x1"]);
  expect(connect).not.toHaveBeenCalled();
  expect(release).not.toHaveBeenCalled();
  fireEvent.click(screen.getByText(TEXTS.retry));
  await screen.findByText(texts.added);
  expect(ownershipBy).toHaveBeenCalledOnce();
  expect(vi.mocked(person.linkWallet).mock.calls.map(([{ address }]) => address)).toEqual(["0x2", "0x2"]);
  expect(release).toHaveBeenCalledOnce();
});

test("another wallet is connected as usual; if its account is linked, nothing is signed", async () => {
  const another = vi.fn(() => connectionOf("0x2"));
  const other = { ...CONNECTOR, id: "other", name: "Other", connect: () => connectionOf("0x1"), another };
  const { person, ownershipBy } = await adding([other], async () => undefined);
  fireEvent.click(await screen.findByRole("button", { name: /^Other/ }));
  const notice = (await screen.findByText(errors.walletSame)).closest("[role=alert]");
  expect(notice?.textContent).toContain(errors.unchanged);
  expect(another).not.toHaveBeenCalled();
  expect(ownershipBy).not.toHaveBeenCalled();
  expect(person.linkWallet).not.toHaveBeenCalled();
});

test("who closes the dialog after the first signature is not asked for the second", async () => {
  const { person, ownershipBy, release } = await adding(
    [{ ...CONNECTOR, id: "other", connect: () => connectionOf("0x2") }],
    async () => undefined,
  );
  let sign: (wallet: Signer["wallet"]) => void = () => undefined;
  ownershipBy.mockImplementation(
    () =>
      new Promise((resolve) => {
        sign = resolve;
      }),
  );
  fireEvent.click(await screen.findByRole("button", { name: /^Wallet/ }));
  await waitFor(() => expect(ownershipBy).toHaveBeenCalledOnce());
  fireEvent.click(screen.getByText(TEXTS.close));
  await act(async () => sign(signerOf("0x2").wallet));
  expect(release).toHaveBeenCalledOnce();
  expect(person.linkWallet).not.toHaveBeenCalled();
});

test("what a new wallet signs is announced, until the dialog is closed; it is asked for nothing after that", async () => {
  const sign = vi.fn(() => new Promise<Uint8Array>(() => undefined));
  let connected: (connection: Connection) => void = () => undefined;
  const connect = () =>
    new Promise<Connection>((resolve) => {
      connected = resolve;
    });
  const { ownershipBy } = await adding([{ ...CONNECTOR, id: "other", connect }], async () => undefined);
  const text = "Sign to add this wallet to your idOS profile\nchain id: c";
  ownershipBy.mockImplementation(async (signer: Signer) => {
    await signer.sign(text);
    return signer.wallet;
  });
  const choose = async () => fireEvent.click(await screen.findByRole("button", { name: /^Wallet/ }));
  await choose();
  await act(async () => connected({ signer: { ...signerOf("0x2"), sign } }));
  expect(screen.getByText(TEXTS.signing.ownership).closest("dialog")).not.toBeNull();
  expect(screen.getByText(/chain id: c/).textContent).toBe(text);
  await act(async () => fireEvent.click(screen.getByText(TEXTS.close)));
  expect(screen.queryByText(TEXTS.signing.ownership)).toBeNull();

  fireEvent.click(screen.getByRole("button", { name: texts.add }));
  await choose();
  fireEvent.click(screen.getByText(TEXTS.close));
  await act(async () => connected({ signer: { ...signerOf("0x2"), sign } }));
  expect(ownershipBy).toHaveBeenCalledTimes(2);
  expect(sign).toHaveBeenCalledOnce();
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
