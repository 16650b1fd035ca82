import { concatBytes, utf8 } from "../bytes/bytes.ts";
import { Reader } from "../bytes/reader.ts";
import { EncodingError, IdosError } from "../errors.ts";
import { VALIDATORS } from "../limits.ts";
import { type RootStatement, readStatement } from "./statement.ts";
import { hasSigned, isQuorum, type ValidatorSet } from "./validator-set.ts";

/** No message that begins with another domain in this way is ever the same as what validators sign. */
const DOMAIN = utf8("idos/root-statement/v1");

/** A statement and who signed it. It is true only if {@link verifyCertificate} says so. */
export interface RootCertificate {
  readonly statement: RootStatement;
  /** The statement's one encoding. */
  readonly encodedStatement: Uint8Array;
  /** Of how many validators the set is that it is made for. */
  readonly validators: number;
  /** Signatures with the numbers of their signers in the set, in order. */
  readonly signatures: readonly { readonly number: number; readonly signature: Uint8Array }[];
}

/** Why a certificate is none of a set of validators. */
export type CertificateReason = "OtherSet" | "TooFew" | "Signature";

/** A certificate does not hold: the node that sent it is at fault. */
export class CertificateError extends IdosError {
  override readonly name = "CertificateError";
  override readonly fault = "node";
  override readonly reason: CertificateReason;

  constructor(reason: CertificateReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Reads one certificate and nothing behind it. */
export function decodeCertificate(bytes: Uint8Array): RootCertificate {
  const reader = new Reader(bytes);
  const certificate = readCertificate(reader);
  reader.finish();
  return certificate;
}

/** Reads a certificate where it stands within other bytes. */
export function readCertificate(reader: Reader): RootCertificate {
  const start = reader.position;
  const statement = readStatement(reader);
  const encodedStatement = reader.since(start);
  const validators = reader.u16();
  if (validators < 1 || validators > VALIDATORS) {
    throw new EncodingError("Size", `${validators} validators are not between 1 and ${VALIDATORS}`);
  }
  const bits = reader.take((validators + 7) >> 3);
  const signatures: { number: number; signature: Uint8Array }[] = [];
  for (let number = 0; number < 8 * bits.length; number++) {
    if ((((bits[number >> 3] ?? 0) >> (number & 7)) & 1) === 0) {
      continue;
    }
    if (number >= validators) {
      throw new EncodingError("Signer", `the signer with number ${number} does not exist`);
    }
    signatures.push({ number, signature: reader.take(64) });
  }
  return { statement, encodedStatement, validators, signatures };
}

/** Throws a {@link CertificateError} unless more than two thirds of the set signed the statement. */
export function verifyCertificate(certificate: RootCertificate, set: ValidatorSet): void {
  const { validators, signatures } = certificate;
  if (validators !== set.members.length) {
    throw new CertificateError(
      "OtherSet",
      `it is signed by a set of ${validators} validators, not of ${set.members.length}`,
    );
  }
  if (!isQuorum(set, signatures.length)) {
    throw new CertificateError(
      "TooFew",
      `${signatures.length} of ${validators} validators signed, which is not more than two thirds`,
    );
  }
  const message = signedBytes(certificate.encodedStatement);
  for (const { number, signature } of signatures) {
    if (!hasSigned(set, number, message, signature)) {
      throw new CertificateError(
        "Signature",
        `the signature of the validator with number ${number} does not hold`,
      );
    }
  }
}

/** What validators sign: the domain behind its length in one byte, then the statement. */
export function signedBytes(encodedStatement: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(DOMAIN.length), DOMAIN, encodedStatement);
}
