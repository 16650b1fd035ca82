/** Plain ed25519 keys: FaceSign, and keys of servers. @module */
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, utf8 } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import type { Signer } from "../signer/signer.ts";

/** A signer with a key in hand: its 32-byte seed, which this copy keeps until the signer is gone. */
export function ed25519Signer(seed: Uint8Array): Signer {
  if (seed.length !== 32) {
    throw new UsageError("Argument", "a seed has 32 bytes");
  }
  const secret = seed.slice();
  return ed25519SignerBy(ed25519.getPublicKey(secret), async (message) => ed25519.sign(message, secret));
}

/** A signer whose key is elsewhere, in an enclave for instance: `sign` resolves to the 64 bytes of a signature. */
export function ed25519SignerBy(
  publicKey: Uint8Array,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Signer {
  const text = bytesToHex(publicKey);
  return {
    authType: "ed25519",
    sender: publicKey.slice(),
    wallet: { type: "FaceSign", address: text, publicKey: text },
    sign: (message) => sign(utf8(message)),
  };
}
