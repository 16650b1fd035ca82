// Transactions as nodes get them.
import { fromBase64, fromHex } from "../../src/bytes/bytes.ts";
import { TRANSACTION_BYTES } from "../../src/limits.ts";
import type { AuthType } from "../../src/signer/signer.ts";
import { transactionHash } from "../../src/wire/transaction.ts";

export interface TransactionJson {
  readonly signature: { readonly sig: string; readonly type: AuthType };
  readonly body: { desc: string; payload: string; fee: string; nonce: number; chain_id: string };
  readonly sender: string;
}

/** By which one is known. */
export const hashOf = ({ signature, body, sender }: TransactionJson): string =>
  transactionHash({
    body: {
      description: body.desc,
      payload: fromBase64(body.payload, TRANSACTION_BYTES),
      fee: body.fee,
      nonce: body.nonce,
      chainId: body.chain_id,
    },
    sender: fromHex(sender),
    signature: fromBase64(signature.sig, TRANSACTION_BYTES),
    authType: signature.type,
  });
