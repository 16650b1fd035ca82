// @vitest-environment happy-dom
// What the wallets of this browser say of their accounts, as the session hears it.
import type { EvmProvider } from "idos-client/evm";
import { expect, test, vi } from "vitest";
import { errorText } from "../../src/rules/error-text.ts";
import { TEXTS } from "../../src/texts.ts";
import type { Connector, Standing } from "../../src/wallets/connector.ts";
import { findEvmWallets } from "../../src/wallets/evm.ts";
import { FREIGHTER } from "../../src/wallets/stellar.ts";
import { GEM_WALLET } from "../../src/wallets/xrpl.ts";

const freighter = vi.hoisted(() => ({
  isConnected: vi.fn(),
  isAllowed: vi.fn(),
  getAddress: vi.fn(),
  requestAccess: vi.fn(),
  WatchWalletChanges: vi.fn(),
}));
vi.mock("@stellar/freighter-api", () => freighter);
const gemWallet = vi.hoisted(() => ({ isInstalled: vi.fn(), getPublicKey: vi.fn(), signMessage: vi.fn() }));
vi.mock("@gemwallet/api", () => gemWallet);

/** The connector of an EVM wallet that announces itself, and what says that its accounts changed. */
function evm(accounts: readonly string[], isEmitter = true) {
  const listeners = new Set<(accounts: unknown) => void>();
  const provider = {
    request: async () => accounts,
    ...(isEmitter
      ? {
          on: (_: string, listener: (accounts: unknown) => void) => listeners.add(listener),
          removeListener: (_: string, listener: (accounts: unknown) => void) => listeners.delete(listener),
        }
      : {}),
  } satisfies EvmProvider;
  const info = { uuid: crypto.randomUUID(), name: "W", icon: "", rdns: "w.test" };
  const found: Connector[] = [];
  const announce = () =>
    dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: { info, provider } }));
  const stop = findEvmWallets((connector) => found.push(connector));
  announce();
  stop();
  const [connector] = found;
  if (connector === undefined) {
    throw new Error("no wallet was found");
  }
  const tell = (accounts: unknown) => {
    for (const listener of listeners) {
      listener(accounts);
    }
  };
  return { connector, tell, listeners };
}

const [ONE, TWO] = [`0x${"aa".repeat(20)}`, `0x${"bb".repeat(20)}`];

test("an EVM wallet tells whether it uses the account, allows it, or neither", async () => {
  const { connector, tell, listeners } = evm([ONE]);
  const { onChange } = await connector.connect();
  const heard: Standing[] = [];
  const stop = onChange?.((standing) => heard.push(standing));
  for (const accounts of [[ONE.toUpperCase(), TWO], [TWO, ONE], [TWO], [], undefined, [7]]) {
    tell(accounts);
  }
  expect(heard).toEqual(["used", "allowed", "gone", "gone", "gone", "gone"]);
  stop?.();
  expect(listeners.size).toBe(0);
});

test("another account of an EVM wallet is none of those that are known", async () => {
  const { connector } = evm([ONE, TWO]);
  expect((await connector.another?.([ONE]))?.signer.wallet.address).toBe(TWO);
  await expect(connector.another?.([ONE, TWO])).rejects.toMatchObject({ reason: "SameAccount" });
});

test("an EVM wallet that tells nothing is no obstacle", async () => {
  const { onChange } = await evm([ONE], false).connector.connect();
  expect(() => onChange?.(() => undefined)()).not.toThrow();
});

test("who comes back to an EVM wallet is not asked", async () => {
  const { connector } = evm([TWO, ONE]);
  expect((await connector.resume?.(ONE))?.signer.wallet.address).toBe(ONE);
  await expect(evm([TWO]).connector.resume?.(ONE)).rejects.toMatchObject({ fault: "wallet" });
});

test("who comes back to Freighter is not asked, if it is there and lets the page know the account", async () => {
  const address = `G${"A".repeat(55)}`;
  freighter.isConnected.mockResolvedValue({ isConnected: true });
  freighter.isAllowed.mockResolvedValue({ isAllowed: true });
  freighter.getAddress.mockResolvedValue({ address });
  expect((await FREIGHTER.resume?.(address))?.signer.wallet.address).toBe(address);
  await expect(FREIGHTER.resume?.(`G${"B".repeat(55)}`)).rejects.toThrow("another account");
  freighter.getAddress.mockResolvedValue({ address: "" });
  await expect(FREIGHTER.resume?.(address)).rejects.toMatchObject({ fault: "wallet" });
  freighter.isAllowed.mockResolvedValue({ isAllowed: false });
  await expect(FREIGHTER.resume?.(address)).rejects.toThrow("does not let");
  // Nothing else answers where it is not installed.
  freighter.isConnected.mockResolvedValue({ isConnected: false });
  freighter.isAllowed.mockReturnValue(new Promise(() => undefined));
  await expect(FREIGHTER.resume?.(address)).rejects.toThrow("does not let");
  expect(freighter.requestAccess).not.toHaveBeenCalled();
});

test("a wallet that is not installed is said to be so, and asked nothing", async () => {
  freighter.isConnected.mockResolvedValue({ isConnected: false });
  freighter.requestAccess.mockReset();
  gemWallet.isInstalled.mockResolvedValue({ result: { isInstalled: false } });
  gemWallet.getPublicKey.mockReset();
  for (const wallet of [FREIGHTER, GEM_WALLET]) {
    const said = errorText(await wallet.connect().catch((error: unknown) => error));
    const { notInstalled, notInstalledHint } = TEXTS.errors;
    expect(said).toEqual({ title: notInstalled(wallet.name), detail: notInstalledHint });
  }
  expect(freighter.requestAccess).not.toHaveBeenCalled();
  expect(gemWallet.getPublicKey).not.toHaveBeenCalled();
});

test("Freighter is asked from time to time which account it has; that it fails says nothing", async () => {
  const address = `G${"A".repeat(55)}`;
  freighter.isConnected.mockResolvedValue({ isConnected: true });
  freighter.requestAccess.mockResolvedValue({ address });
  const stop = vi.fn();
  let tell: (now: { address: string; error?: object }) => void = () => undefined;
  freighter.WatchWalletChanges.mockImplementation(function watcher() {
    return {
      watch: (listener: typeof tell) => {
        tell = listener;
      },
      stop,
    };
  });
  const { onChange } = await FREIGHTER.connect();
  const heard: Standing[] = [];
  const end = onChange?.((standing) => heard.push(standing));
  tell({ address });
  // A failure is told twice.
  tell({ address: "", error: {} });
  tell({ address: "" });
  tell({ address });
  expect(heard).toEqual(["used", "used"]);
  tell({ address: `G${"B".repeat(55)}` });
  tell({ address: "" });
  expect(heard).toEqual(["used", "used", "gone", "gone"]);
  end?.();
  expect(stop).toHaveBeenCalledOnce();
  tell({ address: "" });
  expect(heard).toHaveLength(4);
});

test("GemWallet tells of another account, and that it was locked; what others say is not heard", async () => {
  const address = "rGMTQpyhaDwWTqmw4dcYHj5NPJhtWNhtRW";
  const publicKey = "ED951BF8B3B7C8AA4BC1B91790FC1B3FF7155CD729C2E6F038A93F5F3B9035DD85";
  gemWallet.isInstalled.mockResolvedValue({ result: { isInstalled: true } });
  gemWallet.getPublicKey.mockResolvedValue({ result: { address, publicKey } });
  const { onChange } = await GEM_WALLET.connect();
  const heard: Standing[] = [];
  const end = onChange?.((standing) => heard.push(standing));
  const tell = (data: unknown, source: Window | null = window) =>
    dispatchEvent(new MessageEvent("message", { data, source }));
  const from = { app: "gem-wallet", source: "GEM_WALLET_MSG_REQUEST" };
  const switched = (publicAddress: unknown) => ({
    ...from,
    type: "EVENT_WALLET_CHANGED",
    payload: { result: { wallet: { publicAddress } } },
  });
  tell(switched("rOther"), null);
  tell({ ...switched("rOther"), source: "GEM_WALLET_MSG_RESPONSE" });
  tell({ ...switched("rOther"), type: "EVENT_NETWORK_CHANGED" });
  tell({ ...from, type: "EVENT_LOGIN" });
  tell("x");
  tell(null);
  expect(heard).toEqual([]);
  tell(switched(address));
  tell(switched("rOther"));
  tell({ ...from, type: "EVENT_WALLET_CHANGED" });
  tell({ ...from, type: "EVENT_LOGOUT", payload: { result: { loggedIn: false } } });
  expect(heard).toEqual(["used", "gone", "gone", "gone"]);
  end?.();
  tell(switched("rOther"));
  expect(heard).toHaveLength(4);
});
