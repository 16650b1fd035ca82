import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, littleEndian, toBase64, utf8 } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import { DESCRIPTION_BYTES, TRANSACTION_BYTES } from "../limits.ts";
import type { AuthType } from "../signer/signer.ts";

const PAYLOAD_TYPE = "execute";
const SERIALIZATION = "concat";

/** What a sender signs. */
export interface TransactionBody {
  /** What the wallet shows to its owner. */
  readonly description: string;
  readonly payload: Uint8Array;
  /** Decimal digits. */
  readonly fee: string;
  readonly nonce: number;
  readonly chainId: string;
}

/** A body that is signed. */
export interface Transaction {
  readonly body: TransactionBody;
  readonly sender: Uint8Array;
  readonly signature: Uint8Array;
  readonly authType: AuthType;
}

/** The text that is signed; its last line ends too. Throws if no node would take such a transaction. */
export function transactionText({ description, payload, fee, nonce, chainId }: TransactionBody): string {
  if (utf8(description).length > DESCRIPTION_BYTES) {
    throw new UsageError("Argument", `the description is longer than ${DESCRIPTION_BYTES} bytes`);
  }
  if (payload.length > TRANSACTION_BYTES) {
    throw new UsageError("Argument", `the transaction is larger than ${TRANSACTION_BYTES} bytes`);
  }
  const digest = bytesToHex(sha256(payload).slice(0, 20));
  return (
    `${description}\n\nPayloadType: ${PAYLOAD_TYPE}\nPayloadDigest: ${digest}\nFee: ${fee}\nNonce: ${nonce}\n` +
    `\nKwil Chain ID: ${chainId}\n`
  );
}

/** The transaction as nodes take it. */
export function transactionJson({ body, sender, signature, authType }: Transaction): object {
  return {
    signature: { sig: toBase64(signature), type: authType },
    body: {
      desc: body.description,
      payload: toBase64(body.payload),
      type: PAYLOAD_TYPE,
      fee: body.fee,
      nonce: body.nonce,
      chain_id: body.chainId,
    },
    sender: bytesToHex(sender),
    serialization: SERIALIZATION,
  };
}

/** By which a transaction is known: SHA-256 of its binary form, hexadecimal. */
export function transactionHash({ body, sender, signature, authType }: Transaction): string {
  const signatureBytes = concatBytes(text(signature), text(utf8(authType)));
  const bodyBytes = concatBytes(
    text(utf8(body.description)),
    blob(body.payload),
    text(utf8(PAYLOAD_TYPE)),
    Uint8Array.of(1),
    text(utf8(body.fee)),
    littleEndian(body.nonce, 8),
    text(utf8(body.chainId)),
  );
  const bytes = concatBytes(
    littleEndian(0, 2),
    blob(signatureBytes),
    blob(bodyBytes),
    text(utf8(SERIALIZATION)),
    blob(sender),
  );
  return bytesToHex(sha256(bytes));
}

/** Bytes behind their length, seven bits at a time, least significant first. */
function text(bytes: Uint8Array): Uint8Array {
  return concatBytes(varint(bytes.length), bytes);
}

/** The same with a length that could be negative, for none: all others are doubled. */
function blob(bytes: Uint8Array): Uint8Array {
  return concatBytes(varint(2 * bytes.length), bytes);
}

function varint(number: number): Uint8Array {
  const bytes: number[] = [];
  let rest = number;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.of(...bytes, rest);
}
