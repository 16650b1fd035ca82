// The key ring: a person's key, wrapped by everything they can get at it with. The network stores it; whoever has it
// learns nothing without a factor. Every change gives a new ring and leaves the old one as it is, so that it happens
// when the new one is stored, as a whole or not at all.
import { equalBytes } from "@noble/ciphers/utils.js";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { base64Length, fromBase64, toBase64 } from "./bytes/bytes.ts";
import { uuidBytes } from "./bytes/uuid.ts";
import { deriveFrom } from "./derive.ts";
import { KeyRingError, UnlockError, type UnlockReason } from "./errors.ts";
import type { Factor, NewFactor } from "./factor.ts";
import {
  checkCounts,
  checkNumber,
  checkRingSize,
  decodeRing,
  encodeBody,
  type Former,
  outOfOrder,
  type RingBody,
  TAG_BYTES,
} from "./key-ring-encoding.ts";
import { FORMER_KEYS, KEY_RING_BYTES } from "./limits.ts";
import { lock, unlock } from "./lock.ts";
import type { Password } from "./password.ts";
import type { PasswordCost } from "./password-cost.ts";
import { wipe } from "./secret.ts";
import { USER_KEY_BYTES, UserKey } from "./user-key.ts";
import { UserKeys } from "./user-keys.ts";
import { entryOf, MOST_WRAPS, newWrap, openWrap, type Wrap, type WrapEntry } from "./wrap.ts";

const FORMER_LABEL = "idos/key-ring/former/v1";
const TAG_LABEL = "idos/key-ring/tag/v1";
const LAST_REVISION = 2n ** 64n - 1n;

const WRONG: Readonly<Record<Factor["kind"], readonly [UnlockReason, string]>> = {
  password: ["WrongPassword", "the password is wrong; the person must try again or use another way"],
  words: ["WrongWords", "these are not the recovery words of this key ring; the person must check them"],
  passkey: [
    "WrongPasskey",
    "the passkey's answer does not open the key ring; ask it with the input of the ring",
  ],
};

/** A ring and the keys in it. */
export interface RingWithKeys {
  readonly ring: KeyRing;
  /** To be wiped by the caller. */
  readonly keys: UserKeys;
}

/** What came out of a key ring, and by which wrap. */
export interface Unlocked {
  /** The person's keys: to be wiped by the caller. */
  readonly keys: UserKeys;
  /** The id of the wrap that opened. */
  readonly by: bigint;
}

/** Two rings, to be stored one after the other. */
export interface PasswordChange {
  /**
   * Opens by the password that opened it now, and by the new one. Store it, fetch it again and see that the new
   * password opens it.
   */
  readonly both: KeyRing;
  /** Opens by the new password only. Store it last. */
  readonly done: KeyRing;
}

/** A person's key ring, as the network stores it: at most 24,000 bytes. It is authenticated with the key in it. */
export class KeyRing {
  readonly #body: RingBody;
  readonly #tag: Uint8Array;

  private constructor(body: RingBody, tag: Uint8Array) {
    this.#body = body;
    this.#tag = tag;
  }

  /**
   * The first ring of a person. Of the key a copy is made.
   *
   * @throws KeyRingError
   */
  static async create(userId: string, key: UserKey, factor: NewFactor): Promise<RingWithKeys> {
    const empty: RingBody = { user: uuidBytes(userId), revision: 0n, wraps: [], former: undefined };
    const keys = new UserKeys(key.copy(), []);
    return await KeyRing.#wrapped(empty, keys, [factor]);
  }

  /**
   * Reads the ring of a person. Everything in it is bounded, and no guard is weaker than its floor; that nobody
   * changed it shows only when it is unlocked.
   *
   * @throws KeyRingError
   */
  static decode(bytes: Uint8Array, userId: string): KeyRing {
    const { body, tag } = decodeRing(bytes, uuidBytes(userId));
    return new KeyRing(body, tag);
  }

  /**
   * Reads the value of an attribute: standard base64 with padding.
   *
   * @throws KeyRingError
   */
  static fromBase64(text: string, userId: string): KeyRing {
    if (text.length > base64Length(KEY_RING_BYTES)) {
      checkRingSize(Math.floor(text.length / 4) * 3);
    }
    const bytes = fromBase64(text);
    if (bytes === undefined) {
      const message = "the key ring is not standard base64 with padding; the node gave something else";
      throw new KeyRingError("Encoding", message);
    }
    return KeyRing.decode(bytes, userId);
  }

  /** The bytes that the network stores. */
  encode(): Uint8Array {
    return concatBytes(encodeBody(this.#body), this.#tag);
  }

  /** The bytes in standard base64 with padding: the value of an attribute. */
  toBase64(): string {
    return toBase64(this.encode());
  }

  /** Counts the changes. Only after unlocking it is sure that no node changed it. */
  get revision(): bigint {
    return this.#body.revision;
  }

  /** What it opens by, the oldest first. */
  get wraps(): readonly WrapEntry[] {
    return this.#body.wraps.map(entryOf);
  }

  /**
   * Opens it. `seen` is the newest revision that the caller knows of, or 0: an older ring may have a password that
   * the person gave up. A password costs a slow derivation for each that the ring has: at most two.
   *
   * @throws UnlockError
   */
  async unlock(factor: Factor, seen: bigint): Promise<Unlocked> {
    let fault = new UnlockError(
      "NoSuchFactor",
      "the key ring has nothing that opens by this; the person must use another way",
    );
    for (const wrap of this.#body.wraps) {
      const opened = await openWrap(this.#body.user, wrap, factor);
      if (opened instanceof UserKey) {
        return { keys: this.#keys(opened, seen), by: wrap.id };
      }
      if (opened === "Altered") {
        throw altered();
      }
      if (opened === "WrongKey") {
        fault = new UnlockError(...WRONG[factor.kind]);
      }
    }
    throw fault;
  }

  /**
   * Refuses a kind of factor that the ring has as many of as it may, before anybody makes one more.
   *
   * @throws KeyRingError
   */
  checkRoomFor(kind: Factor["kind"]): void {
    const { what, most } = MOST_WRAPS[kind];
    checkNumber(this.#body.wraps.filter(({ by }) => by.kind === kind).length + 1, most, what);
  }

  /**
   * A ring that also opens by `factor`, and the id of what was added.
   *
   * @throws KeyRingError
   */
  async withFactor(keys: UserKeys, factor: NewFactor): Promise<{ ring: KeyRing; id: bigint }> {
    this.#check(keys);
    const key = keys.current.copy();
    try {
      const body = await withWrap(this.#body, key, factor);
      return { ring: KeyRing.#authenticated(body, key), id: body.revision };
    } finally {
      wipe(key);
    }
  }

  /**
   * A ring that no longer opens by this wrap. The last one stays.
   *
   * @throws KeyRingError
   */
  without(keys: UserKeys, id: bigint): KeyRing {
    this.#check(keys);
    const { wraps } = this.#body;
    if (!wraps.some((wrap) => wrap.id === id)) {
      throw new KeyRingError(
        "NoSuchWrap",
        `the key ring has no wrap ${id}; the caller must look at its list again`,
      );
    }
    if (wraps.length === 1) {
      const message = "this is the last that opens the key ring; the person must add another first";
      throw new KeyRingError("LastWrap", message);
    }
    return KeyRing.#authenticated(
      advanced(this.#body, (wrap) => wrap.id !== id),
      keys.current,
    );
  }

  /**
   * Changes the password: the key is wrapped again, and nothing is sealed again. Of the passwords only the one that
   * opened the ring stays until the change is done.
   *
   * @throws KeyRingError
   */
  async changePassword(
    { keys, by }: Unlocked,
    password: Password,
    cost: PasswordCost,
  ): Promise<PasswordChange> {
    this.#check(keys);
    const stays = (wrap: Wrap, id: bigint) => wrap.by.kind !== "password" || wrap.id === id;
    const wraps = this.#body.wraps.filter((wrap) => stays(wrap, by));
    const key = keys.current.copy();
    try {
      const both = await withWrap({ ...this.#body, wraps }, key, { kind: "password", password, cost });
      const done = advanced(both, (wrap) => stays(wrap, both.revision));
      return { both: KeyRing.#authenticated(both, key), done: KeyRing.#authenticated(done, key) };
    } finally {
      wipe(key);
    }
  }

  /**
   * Replaces the key itself, after somebody else got hold of it. The ring keeps the old keys under the new one, so
   * that everything sealed so far still opens. It opens by the given factors only: whatever is not given is gone.
   * First store the ring, then publish the new public key. Of all keys copies are made.
   *
   * @throws KeyRingError
   */
  async replaceKey(keys: UserKeys, key: UserKey, factors: readonly NewFactor[]): Promise<RingWithKeys> {
    this.#check(keys);
    if (factors.length === 0) {
      const message = "nothing was given to wrap the new key with; the caller must give a factor";
      throw new KeyRingError("NoFactor", message);
    }
    checkNumber(keys.former.length + 1, FORMER_KEYS, "replaced keys");
    const former = [keys.current, ...keys.former].map((old) => old.copy());
    const renewed = new UserKeys(key.copy(), former);
    const bare = { ...this.#body, wraps: [], former: lockFormer(this.#body.user, renewed) };
    return await KeyRing.#wrapped(bare, renewed, factors);
  }

  #check(keys: UserKeys): void {
    if (!this.#isOf(keys.current)) {
      const message = "these keys were not unlocked from this key ring; the caller must unlock it first";
      throw new KeyRingError("OtherKeys", message);
    }
  }

  #isOf(key: UserKey): boolean {
    return equalBytes(this.#tag, tagBy(this.#body, key));
  }

  #keys(key: UserKey, seen: bigint): UserKeys {
    try {
      if (!this.#isOf(key)) {
        throw altered();
      }
      const { revision } = this.#body;
      if (revision < seen) {
        const message = `the key ring has revision ${revision}, but ${seen} was seen before`;
        throw new UnlockError("Old", `${message}; fetch it from another node`);
      }
      return new UserKeys(key, unlockFormer(this.#body, key));
    } catch (error) {
      wipe(key);
      throw error;
    }
  }

  /** Wraps new keys by all factors; if one cannot be used, the keys are wiped. */
  static async #wrapped(
    bare: RingBody,
    keys: UserKeys,
    factors: readonly NewFactor[],
  ): Promise<RingWithKeys> {
    try {
      let body = bare;
      for (const factor of factors) {
        body = await withWrap(body, keys.current, factor);
      }
      return { ring: KeyRing.#authenticated(body, keys.current), keys };
    } catch (error) {
      wipe(keys);
      throw error;
    }
  }

  static #authenticated(body: RingBody, key: UserKey): KeyRing {
    return new KeyRing(body, tagBy(body, key));
  }
}

/** HMAC-SHA256 of everything else: the last step of HKDF is one. */
function tagBy(body: RingBody, key: UserKey): Uint8Array {
  return deriveFrom(key.seed, TAG_LABEL, TAG_BYTES, encodeBody(body));
}

function altered(): UnlockError {
  const message = "the key ring was altered by somebody without its key; fetch it from another node";
  return new UnlockError("Altered", message);
}

function nextRevision({ revision }: RingBody): bigint {
  if (revision >= LAST_REVISION) {
    throw outOfOrder();
  }
  return revision + 1n;
}

/** The body with the wraps that stay, one revision later. */
function advanced(body: RingBody, stays: (wrap: Wrap) => boolean): RingBody {
  return { ...body, revision: nextRevision(body), wraps: body.wraps.filter(stays) };
}

/** The body with one more wrap, one revision later; the revision is its id. */
async function withWrap(body: RingBody, key: UserKey, factor: NewFactor): Promise<RingBody> {
  const revision = nextRevision(body);
  const wraps = [...body.wraps, await newWrap(body.user, revision, key, factor)];
  checkCounts(wraps);
  return { ...body, revision, wraps };
}

function lockFormer(user: Uint8Array, { current, former }: UserKeys): Former {
  const salt = randomBytes(32);
  const parts = former.map((key) => key.toBytes());
  const bytes = concatBytes(...parts);
  const locked = lock({ secret: current.seed, salt, label: FORMER_LABEL, bound: user }, bytes);
  wipe(bytes, ...parts);
  return { salt, locked };
}

function unlockFormer({ user, former }: RingBody, key: UserKey): UserKey[] {
  if (former === undefined) {
    return [];
  }
  const { salt, locked } = former;
  const bytes = unlock({ secret: key.seed, salt, label: FORMER_LABEL, bound: user }, locked);
  if (typeof bytes === "string") {
    throw altered();
  }
  const keys: UserKey[] = [];
  for (let at = 0; at < bytes.length; at += USER_KEY_BYTES) {
    keys.push(UserKey.fromBytes(bytes.subarray(at, at + USER_KEY_BYTES)));
  }
  wipe(bytes);
  return keys;
}
