/** EVM wallets of the browser: found by EIP-6963, asked by EIP-1193, signing by EIP-191. @module */
import { bytesToHex, concatBytes, fromHex, utf8 } from "../bytes/bytes.ts";
import { WalletError } from "../errors.ts";
import type { Signer } from "../signer/signer.ts";
import { malformed, otherAccount, walletCall } from "./wallet-call.ts";

/** Codes of EIP-1474 and EIP-1193 for a method that the wallet does not have. */
const UNSUPPORTED: ReadonlySet<unknown> = new Set([-32601, 4200]);

/** What tells the accounts: without and with asking the person. */
type AccountsMethod = "eth_accounts" | "eth_requestAccounts";

/** What EIP-1193 calls a provider. */
export interface EvmProvider {
  request(args: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
}

/** A wallet that announced itself. Its name and icon are the wallet's own words. */
export interface EvmWallet {
  readonly info: {
    readonly uuid: string;
    readonly name: string;
    /** A data URI: show it as an image only. */
    readonly icon: string;
    readonly rdns: string;
  };
  readonly provider: EvmProvider;
}

/** Calls back for each wallet that announces itself, now or later. Returns what ends that. */
export function discoverEvmWallets(found: (wallet: EvmWallet) => void): () => void {
  const seen = new Set<string>();
  const announced = (event: Event) => {
    const wallet = event instanceof CustomEvent ? asWallet(event.detail) : undefined;
    if (wallet !== undefined && !seen.has(wallet.info.uuid)) {
      seen.add(wallet.info.uuid);
      found(wallet);
    }
  };
  globalThis.addEventListener("eip6963:announceProvider", announced);
  globalThis.dispatchEvent(new Event("eip6963:requestProvider"));
  return () => globalThis.removeEventListener("eip6963:announceProvider", announced);
}

/** Connects a wallet: asks it for its account, and signs by that one only. */
export async function connectEvm(provider: EvmProvider): Promise<Signer> {
  const [address] = await walletCall(() => accountsOf(provider, "eth_requestAccounts"));
  return signerOf(provider, address);
}

/**
 * Connects the account with this address, which the wallet lets the page use already, without asking the person. Rejects
 * if it does not: another account is another person, as far as anybody knows.
 */
export async function resumeEvm(provider: EvmProvider, address: string): Promise<Signer> {
  const accounts = await walletCall(() => accountsOf(provider, "eth_accounts"));
  return signerOf(
    provider,
    accounts.find((it) => it?.toLowerCase() === address.toLowerCase()),
  );
}

/**
 * Connects another account of a wallet than those that are `known`: has the person choose if the wallet can, else takes
 * the one that they switched to. Rejects with `SameAccount` if there is no other.
 */
export async function connectAnotherEvm(provider: EvmProvider, known: readonly string[]): Promise<Signer> {
  const isKnown = new Set(known.map((address) => address.toLowerCase()));
  const accounts = await walletCall(async () => {
    await chooseAccounts(provider);
    return accountsOf(provider, "eth_accounts");
  });
  const address = accounts.find((it) => it !== undefined && !isKnown.has(it.toLowerCase()));
  if (address === undefined) {
    throw new WalletError("SameAccount", "the wallet gives no other account than those that are known");
  }
  return signerOf(provider, address);
}

/** Signs by one account, whichever the wallet has selected: `personal_sign` names it. */
function signerOf(provider: EvmProvider, address: string | undefined): Signer {
  if (address === undefined) {
    throw otherAccount();
  }
  return {
    authType: "secp256k1_ep",
    sender: fromHex(address.slice(2), 20),
    wallet: { type: "EVM", address, publicKey: undefined },
    sign: (text) =>
      walletCall(async () => {
        const message = `0x${bytesToHex(utf8(text))}`;
        const signature = await provider.request({ method: "personal_sign", params: [message, address] });
        if (typeof signature !== "string" || !/^0x[0-9a-fA-F]{130}$/.test(signature)) {
          throw malformed();
        }
        return withCommonV(fromHex(signature.slice(2), 65));
      }),
  };
}

/** Some wallets write V as 0 or 1. Nodes order one spelling, which a transaction's hash covers. */
function withCommonV(signature: Uint8Array): Uint8Array {
  const v = signature[64] ?? 0;
  return v === 0 || v === 1 ? concatBytes(signature.subarray(0, 64), Uint8Array.of(v + 27)) : signature;
}

/** The accounts that a page may use, the selected one first; undefined for what is no address. */
async function accountsOf(
  provider: EvmProvider,
  method: AccountsMethod,
): Promise<readonly (string | undefined)[]> {
  const accounts = await provider.request({ method });
  return Array.isArray(accounts) ? accounts.map(addressOf) : [];
}

/** Has the person choose which accounts the page may use (EIP-2255), in wallets that can ask that. */
async function chooseAccounts(provider: EvmProvider): Promise<void> {
  try {
    await provider.request({ method: "wallet_requestPermissions", params: [{ eth_accounts: {} }] });
  } catch (error) {
    const { code } = (typeof error === "object" && error !== null ? error : {}) as { code?: unknown };
    if (!UNSUPPORTED.has(code)) {
      throw error;
    }
  }
}

function addressOf(account: unknown): string | undefined {
  return typeof account === "string" && /^0x[0-9a-fA-F]{40}$/.test(account) ? account : undefined;
}

function asWallet(detail: unknown): EvmWallet | undefined {
  const { info, provider } = (detail ?? {}) as Partial<EvmWallet>;
  const isText = (value: unknown) => typeof value === "string";
  const isNamed = isText(info?.uuid) && isText(info?.name) && isText(info?.icon) && isText(info?.rdns);
  return isNamed && typeof provider?.request === "function" && info !== undefined
    ? { info, provider }
    : undefined;
}
