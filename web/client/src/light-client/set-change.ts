import { Reader } from "../bytes/reader.ts";
import { EPOCHS_AHEAD, TRANSACTION_BYTES } from "../limits.ts";
import { decodeProof, type Proof } from "../tree/proof.ts";
import { type RootCertificate, readCertificate } from "./certificate.ts";
import { readValidatorSet, type ValidatorSet } from "./validator-set.ts";

/** Largest certificate, set change or row in an answer, in bytes. */
export const PIECE_BYTES = TRANSACTION_BYTES + 64 * 1024;

/**
 * The validators of the epoch after the next one, as the last height of an epoch fixes them. The certificate is that of
 * this height, or of another one before the next epoch ends: who validates then is known, and validators who hold back
 * one signature are not to end the chain of sets for ever.
 */
export interface SetChange {
  readonly certificate: RootCertificate;
  readonly set: ValidatorSet;
  /** The salt of the set's row. */
  readonly salt: Uint8Array;
  /** Proves that the set's leaf is in the certified state. */
  readonly proof: Proof;
}

/** The epoch whose validators a change establishes. */
export function establishedEpoch({ certificate: { statement } }: SetChange): bigint {
  return statement.epoch + (statement.endsEpoch ? EPOCHS_AHEAD : EPOCHS_AHEAD - 1n);
}

/** Reads one set change and nothing behind it. */
export function decodeSetChange(bytes: Uint8Array): SetChange {
  const reader = new Reader(bytes);
  return {
    certificate: readCertificate(reader),
    set: readValidatorSet(reader),
    salt: reader.take(32),
    proof: decodeProof(reader.take(reader.left)),
  };
}
