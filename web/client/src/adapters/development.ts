/**
 * Wallets of every kind in software, so that a network for development needs no browser extension. They stand behind the
 * same interfaces as those of people. Whoever has the secret has the wallet: nothing of value belongs there. @module
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { base32nopad, base58 } from "@scure/base";
import { bytesToHex, concatBytes, fromHex, toBase64, utf8 } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import type { WalletType } from "../rows/identity.ts";
import type { Signer } from "../signer/signer.ts";
import { ed25519Signer } from "./ed25519.ts";
import { connectEvm, type EvmProvider } from "./evm.ts";
import { connectNear, nep413Payload } from "./near.ts";
import { connectStellar, sep53Digest } from "./stellar.ts";
import { connectXrpl, xrplKeyPair } from "./xrpl.ts";

/** The signer of a wallet of this kind, made from a secret of 32 random bytes. */
export async function developmentSigner(type: WalletType, secret: Uint8Array): Promise<Signer> {
  if (secret.length !== 32) {
    throw new UsageError("Argument", "a secret has 32 bytes");
  }
  switch (type) {
    case "EVM":
      return connectEvm(developmentEvmProvider(secret));
    case "NEAR":
      return near(secret);
    case "XRPL":
      return xrpl(secret);
    case "Stellar":
      return stellar(secret);
    case "FaceSign":
      return ed25519Signer(secret);
  }
}

/** An EIP-1193 provider with one account, which signs by EIP-191 without asking anybody. */
export function developmentEvmProvider(secret: Uint8Array): EvmProvider {
  const secretKey = secret.slice();
  const point = secp256k1.getPublicKey(secretKey, false);
  const address = `0x${bytesToHex(keccak_256(point.slice(1)).slice(12))}`;
  return {
    async request({ method, params }) {
      if (method === "eth_requestAccounts" || method === "eth_accounts") {
        return [address];
      }
      const [message, account] = params ?? [];
      if (method !== "personal_sign" || account !== address || typeof message !== "string") {
        throw new UsageError("Argument", "a development wallet signs texts of its own account only");
      }
      const text = fromHex(message.slice(2));
      const prefixed = concatBytes(utf8(`\x19Ethereum Signed Message:\n${text.length}`), text);
      const signed = secp256k1.sign(keccak_256(prefixed), secretKey, { prehash: false, format: "recovered" });
      const [recovery = 0, ...rest] = signed;
      return `0x${bytesToHex(Uint8Array.of(...rest, 27 + recovery))}`;
    },
  };
}

function near(secret: Uint8Array): Promise<Signer> {
  const secretKey = secret.slice();
  const publicKey = ed25519.getPublicKey(secretKey);
  return connectNear({
    async signMessage({ message, nonce, recipient }) {
      const signature = ed25519.sign(sha256(nep413Payload(message, nonce, recipient)), secretKey);
      return {
        accountId: `${bytesToHex(publicKey).slice(0, 12)}.testnet`,
        publicKey: `ed25519:${base58.encode(publicKey)}`,
        signature: toBase64(signature),
      };
    },
  });
}

function xrpl(secret: Uint8Array): Promise<Signer> {
  const secretKey = secret.slice();
  const publicKey = `ED${bytesToHex(ed25519.getPublicKey(secretKey))}`.toUpperCase();
  const sign = (message: string) => bytesToHex(ed25519.sign(fromHex(message), secretKey)).toUpperCase();
  return connectXrpl(xrplKeyPair({ publicKey, privateKey: "" }, sign));
}

function stellar(secret: Uint8Array): Promise<Signer> {
  const secretKey = secret.slice();
  const payload = Uint8Array.of(0x30, ...ed25519.getPublicKey(secretKey));
  const checksum = crc16(payload);
  const address = base32nopad.encode(Uint8Array.of(...payload, checksum & 0xff, checksum >> 8));
  return connectStellar({
    getAddress: async () => ({ address }),
    async signMessage(message) {
      return {
        signedMessage: toBase64(ed25519.sign(sep53Digest(message), secretKey)),
        signerAddress: address,
      };
    },
  });
}

/** CRC-16/XModem, as Stellar's addresses have it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
    }
  }
  return crc;
}
