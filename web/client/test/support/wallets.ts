// Wallets of every kind in software, with fresh keys: behind the same interfaces as those of people.
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { base32nopad, base58 } from "@scure/base";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { connectEvm, type EvmProvider } from "../../src/adapters/evm.ts";
import { connectNear, nep413Payload } from "../../src/adapters/near.ts";
import { connectStellar } from "../../src/adapters/stellar.ts";
import { connectXrpl, xrplKeyPair } from "../../src/adapters/xrpl.ts";
import { bytesToHex, concatBytes, fromHex, toBase64, utf8 } from "../../src/bytes/bytes.ts";
import type { Signer } from "../../src/signer/signer.ts";

export function evmProvider(): EvmProvider {
  const { secretKey } = secp256k1.keygen();
  const point = secp256k1.getPublicKey(secretKey, false);
  const address = `0x${bytesToHex(keccak_256(point.slice(1)).slice(12))}`;
  return {
    async request({ method, params }) {
      if (method === "eth_requestAccounts") {
        return [address];
      }
      const [message, account] = params as [string, string];
      if (method !== "personal_sign" || account !== address) {
        throw new Error(`no such request: ${method}`);
      }
      const text = fromHex(message.slice(2));
      const prefixed = concatBytes(utf8(`\x19Ethereum Signed Message:\n${text.length}`), text);
      const signed = secp256k1.sign(keccak_256(prefixed), secretKey, { prehash: false, format: "recovered" });
      const [recovery = 0, ...rest] = signed;
      return `0x${bytesToHex(Uint8Array.of(...rest, 27 + recovery))}`;
    },
  };
}

function near(): Promise<Signer> {
  const { secretKey, publicKey } = ed25519.keygen();
  const key = `ed25519:${base58.encode(publicKey)}`;
  return connectNear({
    async signMessage({ message, nonce, recipient }) {
      const signature = ed25519.sign(sha256(nep413Payload(message, nonce, recipient)), secretKey);
      const accountId = `${bytesToHex(publicKey).slice(0, 12)}.testnet`;
      return { accountId, publicKey: key, signature: toBase64(signature) };
    },
  });
}

function xrplEd25519(): Promise<Signer> {
  const { secretKey, publicKey } = ed25519.keygen();
  const keys = { publicKey: `ED${bytesToHex(publicKey)}`.toUpperCase(), privateKey: "kept" };
  const sign = (message: string) => bytesToHex(ed25519.sign(fromHex(message), secretKey)).toUpperCase();
  return connectXrpl(xrplKeyPair(keys, sign));
}

function xrplSecp256k1(): Promise<Signer> {
  const { secretKey, publicKey } = secp256k1.keygen();
  const keys = { publicKey: bytesToHex(publicKey).toUpperCase(), privateKey: "kept" };
  const sign = (message: string) => {
    const digest = sha512(fromHex(message)).slice(0, 32);
    return bytesToHex(secp256k1.sign(digest, secretKey, { prehash: false, format: "der" })).toUpperCase();
  };
  return connectXrpl(xrplKeyPair(keys, sign));
}

function stellar(): Promise<Signer> {
  const { secretKey, publicKey } = ed25519.keygen();
  const payload = Uint8Array.of(0x30, ...publicKey);
  const checksum = crc16(payload);
  const address = base32nopad.encode(Uint8Array.of(...payload, checksum & 0xff, checksum >> 8));
  return connectStellar({
    getAddress: async () => ({ address }),
    async signMessage(message) {
      const digest = sha256(concatBytes(utf8("Stellar Signed Message:\n"), utf8(message)));
      return { signedMessage: toBase64(ed25519.sign(digest, secretKey)), signerAddress: address };
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

const fresh = async () => ed25519Signer(crypto.getRandomValues(new Uint8Array(32)));

/** A fresh signer of every kind. */
export const WALLETS: Readonly<Record<string, () => Promise<Signer>>> = {
  evm: () => connectEvm(evmProvider()),
  ed25519: fresh,
  near,
  xrplEd25519,
  xrplSecp256k1,
  stellar,
};

export const newEvm = (): Promise<Signer> => connectEvm(evmProvider());
export const newEd25519 = fresh;
