/**
 * Who has to act on an error: the `caller` of this library, the `person` who typed or chose something, the `sender`
 * who sealed or published it, the `node` that gave it (another one may do better), or whoever keeps this `program`
 * up to date.
 */
export type Fault = "caller" | "person" | "sender" | "node" | "program";

/** Every error of this library. `reason` is for programs, `message` for people; neither holds a secret. */
export abstract class CryptoError<Reason extends string = string> extends Error {
  /** Who has to act. */
  readonly fault: Fault;
  /** What is wrong, one of the few names that the class documents. */
  readonly reason: Reason;

  protected constructor(reason: Reason, fault: Fault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.fault = fault;
  }
}

type Faults = Readonly<Record<string, Fault>>;

const USAGE = { Argument: "caller", Wiped: "caller" } as const satisfies Faults;
/** An argument has no sense, or a secret is used after it was wiped. */
export type UsageReason = keyof typeof USAGE;

/** The library is used in a way that cannot work. */
export class UsageError extends CryptoError<UsageReason> {
  override readonly name = "UsageError";

  constructor(reason: UsageReason, message: string, options?: ErrorOptions) {
    super(reason, USAGE[reason], message, options);
  }
}

const KEY = { Encoding: "sender", Length: "sender", Invalid: "sender" } as const satisfies Faults;
/** It is not base64, has another length, or is no key of ML-KEM-768. */
export type KeyReason = keyof typeof KEY;

/** Something is no key. */
export class KeyError extends CryptoError<KeyReason> {
  override readonly name = "KeyError";

  constructor(reason: KeyReason, message: string, options?: ErrorOptions) {
    super(reason, KEY[reason], message, options);
  }
}

const PASSWORD = { TooLong: "person", Unicode: "caller" } as const satisfies Faults;
/** It is longer than any password, or half of a character. */
export type PasswordReason = keyof typeof PASSWORD;

/** A text is no password. */
export class PasswordError extends CryptoError<PasswordReason> {
  override readonly name = "PasswordError";

  constructor(reason: PasswordReason, message: string, options?: ErrorOptions) {
    super(reason, PASSWORD[reason], message, options);
  }
}

const COST = { Weak: "sender", Exhausting: "sender" } as const satisfies Faults;
/** Below the floor or above the ceiling. */
export type CostReason = keyof typeof COST;

/** Parameters of Argon2id that are weaker than what is accepted, or would exhaust whoever opens a ring. */
export class CostError extends CryptoError<CostReason> {
  override readonly name = "CostError";

  constructor(reason: CostReason, message: string, options?: ErrorOptions) {
    super(reason, COST[reason], message, options);
  }
}

const WORDS = {
  Count: "person",
  Unknown: "person",
  Checksum: "person",
  TooLong: "person",
} as const satisfies Faults;
/** More or fewer words, one that is not in the list, words that do not belong together, a text that is too long. */
export type RecoveryWordsReason = keyof typeof WORDS;

/** A text is no recovery words. */
export class RecoveryWordsError extends CryptoError<RecoveryWordsReason> {
  override readonly name = "RecoveryWordsError";
  /** How many words there are (`Count`), or which one is not in the list, counted from 1 (`Unknown`). */
  readonly number: number | undefined;

  constructor(reason: RecoveryWordsReason, message: string, number?: number) {
    super(reason, WORDS[reason], message);
    this.number = number;
  }
}

const SEAL = { TooLarge: "caller", WeakKey: "sender" } as const satisfies Faults;
/** It would not fit a transaction, or anyone could open it. */
export type SealReason = keyof typeof SEAL;

/** Something cannot be sealed. */
export class SealError extends CryptoError<SealReason> {
  override readonly name = "SealError";

  constructor(reason: SealReason, message: string, options?: ErrorOptions) {
    super(reason, SEAL[reason], message, options);
  }
}

const OPEN = {
  Truncated: "node",
  TooLarge: "node",
  Encoding: "sender",
  WeakKey: "sender",
  Refused: "person",
  NotAnEnvelope: "caller",
  UnknownVersion: "program",
  WrongRecipient: "caller",
  Altered: "node",
} as const satisfies Faults;
/**
 * Why something does not open. `Refused` is of the compatible suite, which cannot tell a wrong key from an altered
 * byte; an envelope tells `WrongRecipient` from `Altered`.
 */
export type OpenReason = keyof typeof OPEN;

/** Something does not open. */
export class OpenError extends CryptoError<OpenReason> {
  override readonly name = "OpenError";

  constructor(reason: OpenReason, message: string, options?: ErrorOptions) {
    super(reason, OPEN[reason], message, options);
  }
}

const KEY_RING = {
  NotAKeyRing: "node",
  OtherPerson: "node",
  UnknownVersion: "program",
  UnknownKind: "program",
  Encoding: "node",
  TooLarge: "node",
  Truncated: "node",
  Trailing: "node",
  Order: "node",
  Cost: "node",
  PasskeyId: "node",
  TooMany: "person",
  OtherKeys: "caller",
  LastWrap: "person",
  NoSuchWrap: "caller",
  EmptyPassword: "person",
  NoFactor: "caller",
} as const satisfies Faults;
/** Why a key ring cannot be read or changed. Behind `Cost` a `CostError` is the `cause`. */
export type KeyRingReason = keyof typeof KEY_RING;

/** A key ring cannot be read, or not be changed so. */
export class KeyRingError extends CryptoError<KeyRingReason> {
  override readonly name = "KeyRingError";

  constructor(reason: KeyRingReason, message: string, options?: ErrorOptions) {
    super(reason, KEY_RING[reason], message, options);
  }
}

const UNLOCK = {
  NoSuchFactor: "person",
  WrongPassword: "person",
  WrongWords: "person",
  WrongPasskey: "caller",
  Altered: "node",
  Old: "node",
} as const satisfies Faults;
/** Why a key ring does not open. */
export type UnlockReason = keyof typeof UNLOCK;

/** A key ring does not open. */
export class UnlockError extends CryptoError<UnlockReason> {
  override readonly name = "UnlockError";

  constructor(reason: UnlockReason, message: string, options?: ErrorOptions) {
    super(reason, UNLOCK[reason], message, options);
  }
}
