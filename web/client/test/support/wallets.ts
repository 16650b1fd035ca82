// Wallets of every kind in software, with fresh keys: behind the same interfaces as those of people.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { developmentEvmProvider, developmentSigner } from "../../src/adapters/development.ts";
import type { EvmProvider } from "../../src/adapters/evm.ts";
import { connectXrpl, xrplKeyPair } from "../../src/adapters/xrpl.ts";
import { bytesToHex, fromHex } from "../../src/bytes/bytes.ts";
import type { Signer } from "../../src/signer/signer.ts";

const secret = () => crypto.getRandomValues(new Uint8Array(32));

export const evmProvider = (): EvmProvider => developmentEvmProvider(secret());

/** The kind of key that development wallets of XRPL do not have. */
function xrplSecp256k1(): Promise<Signer> {
  const { secretKey, publicKey } = secp256k1.keygen();
  const keys = { publicKey: bytesToHex(publicKey).toUpperCase(), privateKey: "kept" };
  const sign = (message: string) => {
    const digest = sha512(fromHex(message)).slice(0, 32);
    return bytesToHex(secp256k1.sign(digest, secretKey, { prehash: false, format: "der" })).toUpperCase();
  };
  return connectXrpl(xrplKeyPair(keys, sign));
}

/** A fresh signer of every kind. */
export const WALLETS: Readonly<Record<string, () => Promise<Signer>>> = {
  evm: () => developmentSigner("EVM", secret()),
  ed25519: () => developmentSigner("FaceSign", secret()),
  near: () => developmentSigner("NEAR", secret()),
  xrplEd25519: () => developmentSigner("XRPL", secret()),
  xrplSecp256k1,
  stellar: () => developmentSigner("Stellar", secret()),
};

export const newEvm = (): Promise<Signer> => developmentSigner("EVM", secret());
export const newEd25519 = (): Promise<Signer> => developmentSigner("FaceSign", secret());
