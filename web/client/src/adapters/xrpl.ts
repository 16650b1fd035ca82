/** XRPL wallets that sign messages as `ripple-keypairs` does, like GemWallet. @module */
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, fromHex, utf8 } from "../bytes/bytes.ts";
import { WalletError } from "../errors.ts";
import { xrplAddress } from "../signer/caller.ts";
import type { Signer } from "../signer/signer.ts";
import { malformed, otherAccount, walletCall } from "./wallet-call.ts";

/** First byte of an ed25519 key; others are points of secp256k1. */
const ED25519_PREFIX = 0xed;

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
    sign: async (text) => {
      const signature = await walletCall(async () =>
        fromHex(answered(await wallet.signMessage(text)).signedMessage),
      );
      // The wallet does not say who signed: better to notice it here than to have a node refuse it.
      if (!(await isSignedBy(sender, text, signature))) {
        throw otherAccount();
      }
      return signature;
    },
  };
}

/** Whether a key signed a text, as nodes verify it; malformed if it is no signature of that kind of key. */
async function isSignedBy(key: Uint8Array, text: string, signature: Uint8Array): Promise<boolean> {
  const message = utf8(text);
  if (key[0] === ED25519_PREFIX) {
    if (signature.length !== 64) {
      throw malformed();
    }
    return ed25519.verify(signature, message, key.slice(1));
  }
  // The other curve is for those who have such a key: it is loaded apart.
  const { isSignedBySecp256k1 } = await import("./xrpl-secp256k1.ts");
  return isSignedBySecp256k1(key, message, signature);
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
