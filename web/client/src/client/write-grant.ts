import { bytesToHex, utf8 } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import { ADDRESS_BYTES, PUBLIC_KEY_BYTES, SHORT_TEXT_BYTES } from "../limits.ts";
import { callerOf } from "../signer/caller.ts";
import type { Signer } from "../signer/signer.ts";

/** What an owner lets an issuer do: once, and within a time, add a credential and share a copy with the grantee. */
export interface WriteGrantTerms {
  /** Who gets the copy, as grants name them: as a rule the issuer itself. */
  readonly grantee: string;
  /** Ed25519, hexadecimal. */
  readonly issuerPublicKey: string;
  /** From when on it can be used. */
  readonly notBefore: Date;
  /** Until when it can be used. */
  readonly notAfter: Date;
  /** Until when the owner cannot take the copy back; undefined for no lock. */
  readonly lockedUntil?: Date | undefined;
}

/** The values that stand in the text, as issuers pass them on. Times are `YYYY-MM-DDThh:mm:ssZ`. */
export interface WriteGrantText {
  /** The owner's wallet. */
  readonly owner: string;
  readonly grantee: string;
  readonly issuerPublicKey: string;
  /** Each can be used once. */
  readonly id: string;
  readonly accessGrantTimelock: string;
  readonly notUsableBefore: string;
  readonly notUsableAfter: string;
}

/** A write grant with the owner's signature: for the issuer, who sends it along with the credential. */
export interface SignedWriteGrant extends WriteGrantText {
  readonly signature: string;
}

/**
 * The text that an owner signs to delegate a write. It is composed here rather than by a node, and ends with the chain.
 * Throws for a value that would show, or hide, lines that are not there.
 */
export function writeGrantMessage(values: WriteGrantText, chainId: string): string {
  const lines: readonly (readonly [name: string, value: string, most: number])[] = [
    ["owner", values.owner, ADDRESS_BYTES],
    ["grantee", values.grantee, ADDRESS_BYTES],
    ["issuer public key", values.issuerPublicKey, PUBLIC_KEY_BYTES],
    ["id", values.id, SHORT_TEXT_BYTES],
    ["access grant timelock", values.accessGrantTimelock, SHORT_TEXT_BYTES],
    ["not usable before", values.notUsableBefore, SHORT_TEXT_BYTES],
    ["not usable after", values.notUsableAfter, SHORT_TEXT_BYTES],
    ["chain id", chainId, SHORT_TEXT_BYTES],
  ];
  return `operation: delegatedWriteGrant${lines.map((line) => `\n${line[0]}: ${checked(...line)}`).join("")}`;
}

/** Has a wallet sign a write grant with a fresh id. */
export async function signWriteGrant(
  signer: Signer,
  chainId: string,
  { grantee, issuerPublicKey, notBefore, notAfter, lockedUntil }: WriteGrantTerms,
): Promise<SignedWriteGrant> {
  if (notBefore >= notAfter) {
    throw new UsageError("Argument", "a write grant has to begin before it ends");
  }
  const values: WriteGrantText = {
    owner: callerOf(signer.authType, signer.sender),
    grantee,
    issuerPublicKey,
    id: crypto.randomUUID(),
    accessGrantTimelock: seconds(lockedUntil ?? new Date(0)),
    notUsableBefore: seconds(notBefore),
    notUsableAfter: seconds(notAfter),
  };
  const signature = bytesToHex(await signer.sign(writeGrantMessage(values, chainId)));
  return { ...values, signature: signer.wallet.type === "EVM" ? `0x${signature}` : signature };
}

function seconds(time: Date): string {
  if (Number.isNaN(time.getTime())) {
    throw new UsageError("Argument", "a time of the write grant is none");
  }
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

function checked(name: string, value: string, most: number): string {
  if (utf8(value).length > most) {
    throw new UsageError("Argument", `the ${name} is longer than ${most} bytes`);
  }
  // Besides the control characters, the two line breaks that only Unicode has.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value)) {
    throw new UsageError("Argument", `the ${name} contains a line break or another control character`);
  }
  return value;
}
