/** NEAR wallets that sign messages by NEP-413, as the wallet selector and `@near-js` have them. @module */

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base58 } from "@scure/base";
import { bigEndian, concatBytes, fromBase64, fromHex, littleEndian, utf8 } from "../bytes/bytes.ts";
import type { Signer } from "../signer/signer.ts";
import { sized } from "../wire/value.ts";
import { malformed, otherAccount, walletCall } from "./wallet-call.ts";

/** Marks what NEP-413 signs: no transaction of NEAR begins with it. */
const TAG = 2 ** 31 + 413;
/** For whom wallets of browsers sign. */
const RECIPIENT = "idos.network";
const KEY = /^ed25519:([1-9A-HJ-NP-Za-km-z]{32,44})$/;

/** What a wallet of the wallet selector can do. */
export interface NearWallet {
  signMessage(params: {
    readonly message: string;
    readonly nonce: Uint8Array;
    readonly recipient: string;
  }): Promise<NearSignedMessage | undefined>;
}

/** What it answers. */
export interface NearSignedMessage {
  readonly accountId: string;
  /** `ed25519:` and base58. */
  readonly publicKey: string;
  /** Base64. */
  readonly signature: string;
}

/** Connects a wallet: has it sign a first text, since only a signature tells the account's key. */
export async function connectNear(wallet: NearWallet): Promise<Signer> {
  const { publicKey, accountId } = await signed(wallet, "idOS authentication");
  const sender = keyBytes(publicKey);
  return {
    authType: "nep413",
    sender,
    wallet: { type: "NEAR", address: accountId, publicKey },
    sign: async (text) => {
      const answer = await signed(wallet, text);
      if (answer.publicKey !== publicKey) {
        throw otherAccount();
      }
      return answer.envelope;
    },
  };
}

/** The bytes that NEP-413 has a wallet hash and sign. */
export function nep413Payload(message: string, nonce: Uint8Array, recipient: string): Uint8Array {
  // A wallet that redirects would name where to; those that answer have no such address.
  const noCallback = Uint8Array.of(0);
  return concatBytes(littleEndian(TAG, 4), sized(utf8(message)), nonce, sized(utf8(recipient)), noCallback);
}

async function signed(
  wallet: NearWallet,
  message: string,
): Promise<{ envelope: Uint8Array; publicKey: string; accountId: string }> {
  return walletCall(async () => {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    const answer = await wallet.signMessage({ message, nonce, recipient: RECIPIENT });
    if (!answer || typeof answer.publicKey !== "string" || typeof answer.accountId !== "string") {
      throw malformed();
    }
    const { publicKey, accountId } = answer;
    const payload = nep413Payload(message, nonce, RECIPIENT);
    const signature = fromBase64(answer.signature, 64);
    // Wallets differ in what they sign: better to say so here than to have a node refuse it.
    if (!ed25519.verify(signature, sha256(payload), keyBytes(publicKey))) {
      throw malformed();
    }
    return { envelope: concatBytes(bigEndian(payload.length, 2), payload, signature), publicKey, accountId };
  });
}

function keyBytes(publicKey: string): Uint8Array {
  const [, digits] = KEY.exec(publicKey) ?? [];
  const bytes = digits === undefined ? fromHex("") : base58.decode(digits);
  if (bytes.length !== 32) {
    throw malformed();
  }
  return bytes;
}
