import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { base58, base58xrp } from "@scure/base";
import { bytesToHex, concatBytes } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import type { AuthType } from "./signer.ts";

const SENDER_BYTES: Readonly<Record<AuthType, number>> = {
  secp256k1_ep: 20,
  ed25519: 32,
  nep413: 32,
  xrpl: 33,
  sep53: 56,
};

/**
 * Who a sender is for the network: the text that wallets, grants and proofs name. It is made from the sender, so
 * that no wallet and no node can make this client believe proofs about somebody else.
 */
export function callerOf(authType: AuthType, sender: Uint8Array): string {
  if (sender.length !== SENDER_BYTES[authType]) {
    throw new UsageError("Argument", `a sender of ${authType} has ${SENDER_BYTES[authType]} bytes`);
  }
  switch (authType) {
    case "secp256k1_ep":
      return `0x${bytesToHex(sender)}`;
    case "ed25519":
      return bytesToHex(sender);
    case "nep413":
      return `ed25519:${base58.encode(sender)}`;
    case "xrpl":
      return xrplAddress(sender);
    case "sep53":
      return String.fromCharCode(...sender);
  }
}

/** Under which kind of key the network keeps the nonces of a sender. */
export function keyTypeOf(authType: AuthType): "secp256k1" | "ed25519" {
  return authType === "secp256k1_ep" ? "secp256k1" : "ed25519";
}

/** The classic address of an XRPL public key. */
export function xrplAddress(publicKey: Uint8Array): string {
  const payload = concatBytes(Uint8Array.of(0), ripemd160(sha256(publicKey)));
  return base58xrp.encode(concatBytes(payload, sha256(sha256(payload)).slice(0, 4)));
}
