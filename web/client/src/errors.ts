/**
 * Who has to act on an error: the `caller` of this library, the `person`, their `wallet`, the `node` that answered
 * (another one may do better), the `network` between, this machine's `clock`, or who keeps the `enclave`.
 */
export type Fault = "caller" | "person" | "wallet" | "node" | "network" | "clock" | "enclave";

/** Every error of this library. `reason` is for programs, `message` for people; neither holds personal data. */
export abstract class IdosError extends Error {
  /** Who has to act. */
  abstract readonly fault: Fault;
  /** What is wrong, one of the few names that the class documents. */
  abstract readonly reason: string;
}

/** Bytes or JSON from a node are not what they should be. */
export class EncodingError extends IdosError {
  override readonly name = "EncodingError";
  override readonly fault = "node";
  override readonly reason: EncodingReason;

  constructor(reason: EncodingReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** Why bytes or JSON cannot be read. */
export type EncodingReason =
  | "Truncated"
  | "Trailing"
  | "TooLong"
  | "NotUtf8"
  | "Version"
  | "Flag"
  | "Unknown"
  | "Prefix"
  | "Order"
  | "Empty"
  | "Text"
  | "Time"
  | "Address"
  | "Key"
  | "Size"
  | "Signer"
  | "Content"
  | "Json";

/** The library is used in a way that cannot work. */
export class UsageError extends IdosError {
  override readonly name = "UsageError";
  override readonly fault = "caller";
  override readonly reason: UsageReason;

  constructor(reason: UsageReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What a caller did that cannot work. */
export type UsageReason = "Argument" | "NoTrust" | "NotProvable" | "Configuration";

/** The wallet did not sign, or did not sign what it was asked to. */
export class WalletError extends IdosError {
  override readonly name = "WalletError";
  override readonly fault = "wallet";
  override readonly reason: WalletReason;

  constructor(reason: WalletReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What a wallet did instead of signing. */
export type WalletReason =
  | "Rejected"
  | "Malformed"
  /** It has another account than the one that was connected. */
  | "OtherAccount"
  /** Another account was wanted, and it gives only those that are known. */
  | "SameAccount"
  /** It did not answer until nobody waited any more. Nothing was sent. */
  | "GivenUp";
