/** Stellar wallets that sign messages by SEP-53, as Freighter and Stellar Wallets Kit have them. @module */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base32nopad } from "@scure/base";
import { bytesToHex, concatBytes, fromBase64, utf8 } from "../bytes/bytes.ts";
import type { Signer } from "../signer/signer.ts";
import { malformed, otherAccount, walletCall } from "./wallet-call.ts";

const ADDRESS = /^G[A-Z2-7]{55}$/;

/** What is needed of a wallet, in the words of Stellar Wallets Kit. */
export interface StellarWallet {
  getAddress(): Promise<{ readonly address: string }>;
  signMessage(
    message: string,
    options: { readonly address: string },
  ): Promise<{ readonly signedMessage: string; readonly signerAddress?: string | undefined }>;
}

/** Connects a wallet: asks it for its account. */
export async function connectStellar(wallet: StellarWallet): Promise<Signer> {
  const { address } = await walletCall(() => wallet.getAddress());
  if (!ADDRESS.test(address)) {
    throw malformed();
  }
  // The key within the address: behind one byte of version, before two of checksum.
  const key = base32nopad.decode(address).slice(1, 33);
  return {
    authType: "sep53",
    sender: utf8(address),
    wallet: { type: "Stellar", address, publicKey: bytesToHex(key) },
    sign: (text) =>
      walletCall(async () => {
        const { signedMessage, signerAddress } = await wallet.signMessage(text, { address });
        if (signerAddress !== undefined && signerAddress !== address) {
          throw otherAccount();
        }
        const signature = fromBase64(signedMessage, 64);
        if (signature.length !== 64) {
          throw malformed();
        }
        if (!ed25519.verify(signature, sep53Digest(text), key)) {
          // A wallet that names this account signs in a way of its own; of one that names none it is another account.
          throw signerAddress === undefined ? otherAccount() : malformed();
        }
        return signature;
      }),
  };
}

/** What SEP-53 has a wallet sign. */
export function sep53Digest(text: string): Uint8Array {
  return sha256(concatBytes(utf8("Stellar Signed Message:\n"), utf8(text)));
}
