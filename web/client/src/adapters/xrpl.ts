/** XRPL wallets that sign messages as `ripple-keypairs` does, like GemWallet. @module */
import { bytesToHex, fromHex, utf8 } from "../bytes/bytes.ts";
import { WalletError } from "../errors.ts";
import { xrplAddress } from "../signer/caller.ts";
import type { Signer } from "../signer/signer.ts";
import { otherAccount, walletCall } from "./wallet-call.ts";

/** What is needed of a wallet, in its own library's words: `@gemwallet/api` has both functions. */
export interface XrplWallet {
  getPublicKey(): Promise<{
    readonly result?: { readonly address: string; readonly publicKey: string } | undefined;
  }>;
  signMessage(message: string): Promise<{ readonly result?: { readonly signedMessage: string } | undefined }>;
}

/** Connects a wallet: asks it for its account. */
export async function connectXrpl(wallet: XrplWallet): Promise<Signer> {
  const { address, publicKey } = await walletCall(async () => answered(await wallet.getPublicKey()));
  const sender = await walletCall(async () => fromHex(publicKey, 33));
  if (xrplAddress(sender) !== address) {
    throw otherAccount();
  }
  return {
    authType: "xrpl",
    sender,
    wallet: { type: "XRPL", address, publicKey: publicKey.toUpperCase() },
    sign: (text) => walletCall(async () => fromHex(answered(await wallet.signMessage(text)).signedMessage)),
  };
}

/** What a wallet answered; without a result its owner refused. */
function answered<T>({ result }: { readonly result?: T | undefined }): T {
  if (result === undefined) {
    throw new WalletError("Rejected", "the wallet did not sign");
  }
  return result;
}

/** A key pair in hand: `sign` is that of `ripple-keypairs`, which takes and gives hexadecimal digits. */
export function xrplKeyPair(
  keys: { readonly publicKey: string; readonly privateKey: string },
  sign: (messageHex: string, privateKey: string) => string,
): XrplWallet {
  const address = xrplAddress(fromHex(keys.publicKey, 33));
  return {
    getPublicKey: async () => ({ result: { address, publicKey: keys.publicKey } }),
    signMessage: async (message) => ({
      result: { signedMessage: sign(bytesToHex(utf8(message)), keys.privateKey) },
    }),
  };
}
