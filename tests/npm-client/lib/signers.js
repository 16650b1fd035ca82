// One KwilSigner factory for each way to sign in.
import { createHash, randomBytes } from "node:crypto";
import kwilJs from "@idos-network/kwil-js";
import nacl from "tweetnacl";
import { sign as xrplSign } from "ripple-keypairs";

const { KwilSigner } = kwilJs;
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));

/** An ethers Wallet: secp256k1_ep, EIP-191. */
export const fromEthers = (wallet) => new KwilSigner(wallet, wallet.address);

/** A nacl key pair, as issuers and consumers use: plain ed25519. */
export const fromNacl = ({ publicKey, secretKey }) =>
  new KwilSigner(async (message) => nacl.sign.detached(message, secretKey), publicKey, "ed25519");

/** FaceSign: the same scheme; the SDK passes the public key as hex text. */
export const fromFaceSign = ({ publicKey, secretKey }) =>
  new KwilSigner(async (message) => nacl.sign.detached(message, secretKey), hex(publicKey), "ed25519");

/** A NEAR KeyPair: every signature is a NEP-413 envelope. */
export const fromNear = (keyPair) =>
  new KwilSigner(async (message) => nep413(keyPair, message), keyPair.getPublicKey().data, "nep413");

/** An XRPL key pair, ed25519 (`ED…`) or secp256k1 (`02…`/`03…`). */
export const fromXrpl = ({ publicKey, privateKey }) =>
  new KwilSigner(async (message) => unhex(xrplSign(hex(message), privateKey)), publicKey, "xrpl");

/** A Stellar Keypair: SEP-53, identified by the 56 ASCII bytes of its address. */
export const fromStellar = (keyPair) =>
  new KwilSigner(async (message) => sep53(keyPair, message), new TextEncoder().encode(keyPair.publicKey()), "sep53");

export const sep53 = (keyPair, message) =>
  new Uint8Array(
    keyPair.sign(createHash("sha256").update("Stellar Signed Message:\n").update(message).digest()),
  );

/** u16be length ‖ borsh(tag, message, nonce, recipient, callbackUrl) ‖ ed25519 over SHA-256 of the borsh bytes. */
export function nep413(keyPair, message, { recipient = "idos.network", nonce = randomBytes(32), callbackUrl } = {}) {
  const u32 = (n) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(n);
    return bytes;
  };
  const text = (value) => [u32(Buffer.byteLength(value)), Buffer.from(value)];
  const payload = Buffer.concat([
    u32(2 ** 31 + 413),
    ...text(Buffer.from(message).toString("utf8")),
    nonce,
    ...text(recipient),
    ...(callbackUrl === undefined ? [Buffer.of(0)] : [Buffer.of(1), ...text(callbackUrl)]),
  ]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(payload.length);
  const { signature } = keyPair.sign(createHash("sha256").update(payload).digest());
  return new Uint8Array(Buffer.concat([length, payload, signature]));
}
