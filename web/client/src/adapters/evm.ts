/** EVM wallets of the browser: found by EIP-6963, asked by EIP-1193, signing by EIP-191. @module */
import { bytesToHex, fromHex, utf8 } from "../bytes/bytes.ts";
import type { Signer } from "../signer/signer.ts";
import { malformed, otherAccount, walletCall } from "./wallet-call.ts";

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
  const address = await walletCall(async () => {
    const accounts = await provider.request({ method: "eth_requestAccounts" });
    return Array.isArray(accounts) ? addressOf(accounts[0]) : undefined;
  });
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
        return fromHex(signature.slice(2), 65);
      }),
  };
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
