// A person's key, locked for one factor.
import { equalBytes } from "@noble/ciphers/utils.js";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { bigEndian } from "./bytes/bytes.ts";
import type { Reader } from "./bytes/reader.ts";
import { CostError, KeyRingError, UsageError } from "./errors.ts";
import { type Factor, type NewFactor, PASSKEY_BYTES } from "./factor.ts";
import { PASSKEY_ID_BYTES, PASSKEY_WRAPS, PASSWORD_WRAPS, RECOVERY_WRAPS } from "./limits.ts";
import { LOCK_BYTES, type LockFault, lock, unlock } from "./lock.ts";
import { PasswordCost } from "./password-cost.ts";
import { using, wipe } from "./secret.ts";
import { USER_KEY_BYTES, UserKey } from "./user-key.ts";

const LABEL = "idos/key-ring/wrap/v1";
const LOCKED_BYTES = LOCK_BYTES + USER_KEY_BYTES;
const SALT_BYTES = 32;
const CODES = { password: 1, words: 2, passkey: 3 } as const;

/** How many a ring may have of each kind, and what they are called. */
export const MOST_WRAPS = {
  password: { what: "passwords", most: PASSWORD_WRAPS },
  words: { what: "recovery words", most: RECOVERY_WRAPS },
  passkey: { what: "passkeys", most: PASSKEY_WRAPS },
} as const;

/** What a wrap opens by: a passkey's `input` is what to ask it with. */
export type WrapKind =
  | { readonly kind: "password"; readonly cost: PasswordCost }
  | { readonly kind: "words" }
  | { readonly kind: "passkey"; readonly id: Uint8Array; readonly input: Uint8Array };

/** What a ring opens by. */
export interface WrapEntry {
  /** Names it within its ring; never used again after it was removed. */
  readonly id: bigint;
  readonly by: WrapKind;
}

/** A wrap as the ring holds it. */
export interface Wrap extends WrapEntry {
  readonly salt: Uint8Array;
  readonly locked: Uint8Array;
}

/** What callers see of a wrap: copies, so that they cannot change the ring. */
export function entryOf({ id, by }: Wrap): WrapEntry {
  return { id, by: by.kind === "passkey" ? { ...by, id: by.id.slice(), input: by.input.slice() } : by };
}

/** Locks a key for a factor. */
export async function newWrap(user: Uint8Array, id: bigint, key: UserKey, factor: NewFactor): Promise<Wrap> {
  const salt = randomBytes(SALT_BYTES);
  const by = kindOf(factor);
  const bound = concatBytes(user, encodeHead({ id, by, salt }));
  const bytes = key.toBytes();
  try {
    const secret = await secretOf(factor, by, salt);
    return { id, by, salt, locked: using(secret, () => lock({ secret, salt, label: LABEL, bound }, bytes)) };
  } finally {
    wipe(bytes);
  }
}

/** The key, if this wrap is of the factor's kind. With several passwords, or words, each has to be tried. */
export async function openWrap(
  user: Uint8Array,
  wrap: Wrap,
  factor: Factor,
): Promise<UserKey | LockFault | undefined> {
  const { by, salt, locked } = wrap;
  if (by.kind !== factor.kind) {
    return undefined;
  }
  if (by.kind === "passkey" && factor.kind === "passkey" && !equalBytes(by.id, factor.id)) {
    return undefined;
  }
  const bound = concatBytes(user, encodeHead(wrap));
  const secret = await secretOf(factor, by, salt);
  const opened = using(secret, () => unlock({ secret, salt, label: LABEL, bound }, locked));
  return typeof opened === "string" ? opened : using(opened, UserKey.fromBytes);
}

/** The bytes of a wrap within a ring. */
export function encodeWrap(wrap: Wrap): Uint8Array {
  return concatBytes(encodeHead(wrap), wrap.locked);
}

/** Reads one; nothing weaker than the floors, nothing above the ceilings. */
export function decodeWrap(reader: Reader): Wrap {
  const id = reader.u64();
  const by = decodeKind(reader);
  return { id, by, salt: reader.take(SALT_BYTES), locked: reader.take(LOCKED_BYTES) };
}

/** What unwraps, in a copy that the caller wipes. */
async function secretOf(factor: Factor, by: WrapKind, salt: Uint8Array): Promise<Uint8Array> {
  switch (factor.kind) {
    case "password":
      if (by.kind !== "password") {
        throw new UsageError("Argument", "a password opens a wrap by a password only");
      }
      return await by.cost.stretch(factor.password, salt);
    case "words":
      return factor.words.seed.slice();
    case "passkey":
      return factor.secret.bytes.slice();
  }
}

function kindOf(factor: NewFactor): WrapKind {
  switch (factor.kind) {
    case "password":
      if (factor.password.isEmpty) {
        throw new KeyRingError("EmptyPassword", "the password is empty; the person must choose one");
      }
      return { kind: "password", cost: factor.cost };
    case "words":
      return { kind: "words" };
    case "passkey":
      if (factor.input.length !== PASSKEY_BYTES) {
        const message = `the input for the passkey is ${factor.input.length} bytes long instead of ${PASSKEY_BYTES}`;
        throw new UsageError("Argument", `${message}; the caller must take it from newPasskeyInput`);
      }
      checkPasskeyId(factor.id.length);
      return { kind: "passkey", id: factor.id.slice(), input: factor.input.slice() };
  }
}

function checkPasskeyId(length: number): void {
  if (length < 1 || length > PASSKEY_ID_BYTES) {
    const message = `the id of the passkey is ${length} bytes long; WebAuthn has 1 to ${PASSKEY_ID_BYTES}`;
    throw new KeyRingError("PasskeyId", message);
  }
}

/** Everything that stands in clear: it is bound with the person's id. */
function encodeHead({ id, by, salt }: Pick<Wrap, "id" | "by" | "salt">): Uint8Array {
  return concatBytes(bigEndian(id, 8), Uint8Array.of(CODES[by.kind]), encodeKind(by), salt);
}

function encodeKind(by: WrapKind): Uint8Array {
  switch (by.kind) {
    case "password": {
      const { kib, passes, lanes } = by.cost;
      return concatBytes(...[kib, passes, lanes].map((parameter) => bigEndian(parameter, 4)));
    }
    case "words":
      return new Uint8Array();
    case "passkey":
      return concatBytes(bigEndian(by.id.length, 2), by.id, by.input);
  }
}

function decodeKind(reader: Reader): WrapKind {
  const code = reader.u8();
  switch (code) {
    case CODES.password:
      return { kind: "password", cost: decodeCost(reader) };
    case CODES.words:
      return { kind: "words" };
    case CODES.passkey: {
      const length = reader.u16();
      checkPasskeyId(length);
      return { kind: "passkey", id: reader.take(length), input: reader.take(PASSKEY_BYTES) };
    }
    default: {
      const message = `the key ring has a wrap of kind ${code}, which this program does not know; update it`;
      throw new KeyRingError("UnknownKind", message);
    }
  }
}

function decodeCost(reader: Reader): PasswordCost {
  const [kib, passes, lanes] = [reader.u32(), reader.u32(), reader.u32()];
  try {
    return new PasswordCost(kib, passes, lanes);
  } catch (cause) {
    if (cause instanceof CostError) {
      throw new KeyRingError("Cost", `the key ring is not acceptable: ${cause.message}`, { cause });
    }
    throw cause;
  }
}
