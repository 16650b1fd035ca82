import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { malformed } from "./wallet-call.ts";

/** Whether a key of this curve signed a message, as the ledger has it: strict DER with the low `s`. */
export function isSignedBySecp256k1(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    secp256k1.Signature.fromBytes(signature, "der");
  } catch (cause) {
    throw malformed(cause);
  }
  const half = sha512(message).slice(0, 32);
  return secp256k1.verify(signature, half, key, { prehash: false, format: "der", lowS: true });
}
