// Rings of every kind of fault are refused by name, and wherever a change stops the person gets in and nobody else.
import { inspect } from "node:util";
import { bytesToHex, concatBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Factor,
  KeyRing,
  keyFromPassword,
  type NewFactor,
  newPasskeyInput,
  open,
  PasskeySecret,
  Password,
  PasswordCost,
  RecoveryWords,
  SecretKey,
  seal,
  UserKey,
  type UserKeys,
} from "../../src/index.ts";
import { flipped, fromUtf8, patched, refusal, refusalOf, utf8 } from "../support/fixtures.ts";

const USER = "9f51b3b2-4cbe-4c2b-8ea3-0b0c1b2f1a11";
const OTHER = "00000000-0000-0000-0000-000000000001";
const cost = PasswordCost.LEAST;

const password = new Password("secret");
const words = RecoveryWords.generate();
const id = Uint8Array.of(1, 2, 3);
const secret = new PasskeySecret(new Uint8Array(32).fill(5));
const byPassword = (it = password): Factor => ({ kind: "password", password: it });
const byWords: Factor = { kind: "words", words };
const byPasskey: Factor = { kind: "passkey", id, secret };
const newWords: NewFactor = { kind: "words", words };

let ring: KeyRing;
let keys: UserKeys;

beforeAll(async () => {
  const first = await KeyRing.create(USER, UserKey.generate(), { kind: "password", password, cost });
  keys = first.keys;
  ({ ring } = await first.ring.withFactor(keys, newWords));
  const passkey: NewFactor = { kind: "passkey", id, input: newPasskeyInput(), secret };
  ({ ring } = await ring.withFactor(keys, passkey));
});

const unlocks = (it: KeyRing, factor: Factor, seen = 0n) => refusalOf(it.unlock(factor, seen));

describe("a ring", () => {
  test("opens by everything it wraps for, and reads back as it was", async () => {
    const read = KeyRing.fromBase64(ring.toBase64(), USER.toUpperCase());
    expect(read.encode()).toEqual(ring.encode());
    expect(read.revision).toBe(3n);
    expect(read.wraps.map(({ id, by }) => [id, by.kind])).toEqual([
      [1n, "password"],
      [2n, "words"],
      [3n, "passkey"],
    ]);
    for (const factor of [byPassword(), byWords, byPasskey]) {
      const opened = await read.unlock(factor, 3n);
      expect(opened.keys.publicKey().equals(keys.publicKey())).toBe(true);
    }
  });

  test("names a wrong factor, and an old revision", async () => {
    expect(await unlocks(ring, byPassword(new Password("Secret")))).toBe("UnlockError.WrongPassword");
    expect(await unlocks(ring, byPassword(new Password("")))).toBe("UnlockError.WrongPassword");
    const otherWords: Factor = { kind: "words", words: RecoveryWords.generate() };
    expect(await unlocks(ring, otherWords)).toBe("UnlockError.WrongWords");
    const wrong = new PasskeySecret(new Uint8Array(32).fill(6));
    expect(await unlocks(ring, { kind: "passkey", id, secret: wrong })).toBe("UnlockError.WrongPasskey");
    const unknown: Factor = { kind: "passkey", id: Uint8Array.of(9), secret };
    expect(await unlocks(ring, unknown)).toBe("UnlockError.NoSuchFactor");
    expect(await unlocks(ring, byWords, 4n)).toBe("UnlockError.Old");
  });

  test("with any bit flipped is refused or does not open", async () => {
    const bytes = ring.encode();
    for (let at = 0; at < bytes.length * 8; at++) {
      let read: KeyRing;
      try {
        read = KeyRing.decode(flipped(bytes, at >> 3, 1 << (at & 7)), USER);
      } catch (error) {
        expect(
          refusal(() => {
            throw error;
          }),
        ).toMatch(/^KeyRingError\./);
        continue;
      }
      for (const factor of [byWords, byPasskey]) {
        const fault = await unlocks(read, factor);
        expect(fault, `bit ${at}`).toMatch(/^UnlockError\.(WrongWords|WrongPasskey|NoSuchFactor|Altered)$/);
      }
    }
  });

  test("cannot be put together from parts of others", async () => {
    const [wrap] = ring.wraps;
    const without = ring.without(keys, wrap?.id ?? 0n);
    expect(await unlocks(without, byPassword())).toBe("UnlockError.NoSuchFactor");
    // The body of the newer ring, the tag of the older.
    const mixed = concatBytes(without.encode().slice(0, -32), ring.encode().slice(-32));
    expect(await unlocks(KeyRing.decode(mixed, USER), byWords)).toBe("UnlockError.Altered");
    expect(refusal(() => KeyRing.decode(ring.encode(), OTHER))).toBe("KeyRingError.OtherPerson");
    const renamed = patched(ring.encode(), 9, Buffer.from(OTHER.replaceAll("-", ""), "hex"));
    expect(await unlocks(KeyRing.decode(renamed, OTHER), byWords)).toBe("UnlockError.Altered");
  });

  test("is not read if a guard is weaker than its floor or exhausting", () => {
    const bytes = ring.encode();
    // Magic, version, person, revision, number of wraps, id and kind of the first.
    const memory = 8 + 1 + 16 + 8 + 1 + 8 + 1;
    for (const [at, value, what] of [
      [memory, 8, "memory"],
      [memory, 262_145, "memory"],
      [memory, 2 ** 32 - 1, "memory"],
      [memory + 4, 1, "passes"],
      [memory + 4, 2 ** 32 - 1, "passes"],
      [memory + 8, 0, "lanes"],
      [memory + 8, 1 << 20, "lanes"],
    ] as const) {
      const number = new Uint8Array(4);
      new DataView(number.buffer).setUint32(0, value);
      const read = () => KeyRing.decode(patched(bytes, at, number), USER);
      expect(refusal(read)).toBe("KeyRingError.Cost");
      expect(read).toThrow(new RegExp(`${what}.* is ${value};`));
    }
  });

  test("is told from what is none", () => {
    const good = ring.encode();
    const decode = (bytes: Uint8Array) => refusal(() => KeyRing.decode(bytes, USER));
    const changed = (at: number, byte: number) => decode(patched(good, at, [byte]));
    expect(decode(new Uint8Array())).toBe("KeyRingError.NotAKeyRing");
    expect(changed(0, 0x78)).toBe("KeyRingError.NotAKeyRing");
    expect(changed(8, 2)).toBe("KeyRingError.UnknownVersion");
    expect(changed(42, 9)).toBe("KeyRingError.UnknownKind");
    expect(changed(41, 9)).toBe("KeyRingError.Order");
    expect(changed(33, 255)).toBe("KeyRingError.TooMany");
    expect(changed(good.length - 33, 33)).toBe("KeyRingError.TooMany");
    expect(decode(new Uint8Array(24_001))).toBe("KeyRingError.TooLarge");
    for (let length = 8; length < good.length; length++) {
      expect(decode(good.slice(0, length)), `${length} bytes`).toBe("KeyRingError.Truncated");
    }
    expect(decode(concatBytes(good, Uint8Array.of(0)))).toBe("KeyRingError.Trailing");
    const read = (text: string) => refusal(() => KeyRing.fromBase64(text, USER));
    expect(read("idos")).toBe("KeyRingError.NotAKeyRing");
    expect(read("%")).toBe("KeyRingError.Encoding");
    expect(read("A".repeat(40_000))).toBe("KeyRingError.TooLarge");
    expect(refusal(() => KeyRing.decode(good, "me"))).toBe("UsageError.Argument");
  });

  test("has its wraps once each, in order, and of no kind too many", () => {
    const bytes = ring.encode();
    // Magic, version, person, revision; then the wraps by password and words.
    const head = bytes.slice(0, 33);
    const rest = bytes.slice(-33);
    const passwordWrap = bytes.slice(34, 34 + 165);
    const wordsWrap = bytes.slice(34 + 165, 34 + 165 + 153);
    const numbered = (wrap: Uint8Array, id: number) => patched(wrap, 7, [id]);
    const decode = (...wraps: Uint8Array[]) =>
      refusal(() => KeyRing.decode(concatBytes(head, Uint8Array.of(wraps.length), ...wraps, rest), USER));
    expect(decode(passwordWrap, wordsWrap)).toBeUndefined();
    expect(decode(wordsWrap, passwordWrap)).toBe("KeyRingError.Order");
    expect(decode(wordsWrap, wordsWrap)).toBe("KeyRingError.Order");
    expect(decode(numbered(wordsWrap, 0))).toBe("KeyRingError.Order");
    expect(decode()).toBe("KeyRingError.Order");
    expect(decode(numbered(wordsWrap, 1), numbered(wordsWrap, 2))).toBeUndefined();
    for (const wrap of [wordsWrap, passwordWrap]) {
      const many = [1, 2, 3].map((id) => numbered(wrap, id));
      expect(decode(...many)).toBe("KeyRingError.TooMany");
    }
  });

  test("prints and serialises nothing secret", async () => {
    const opened = await ring.unlock(byWords, 0n);
    const shown = { password, words, secret, keys, ring, opened, key: UserKey.generate() };
    const simple = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);
    const printed = [inspect(shown, { depth: 9, showHidden: true }), JSON.stringify(shown, simple)].join();
    const key = keys.current.encryptionKey.expose();
    const [word] = words.expose().split(" ");
    for (const it of [
      "secret'",
      `${word} `,
      bytesToHex(key),
      [...key].join(),
      [...key].join(", "),
      "5, 5, 5",
    ]) {
      expect(printed).not.toContain(it);
    }
  });
});

describe("a change", () => {
  test("that would lock a person out is refused", async () => {
    const stranger = await KeyRing.create(USER, UserKey.generate(), newWords);
    expect(await refusalOf(ring.withFactor(stranger.keys, newWords))).toBe("KeyRingError.OtherKeys");
    const [first = 0n, second = 0n, third = 0n] = ring.wraps.map(({ id }) => id);
    let less = ring.without(keys, first);
    expect(refusal(() => less.without(keys, first))).toBe("KeyRingError.NoSuchWrap");
    less = less.without(keys, second);
    expect(refusal(() => less.without(keys, third))).toBe("KeyRingError.LastWrap");
    expect(await refusalOf(ring.replaceKey(keys, UserKey.generate(), []))).toBe("KeyRingError.NoFactor");
    let more = ring;
    ({ ring: more } = await more.withFactor(keys, newWords));
    expect(await refusalOf(more.withFactor(keys, newWords))).toBe("KeyRingError.TooMany");
    const empty: NewFactor = { kind: "password", password: new Password(""), cost };
    expect(await refusalOf(KeyRing.create(USER, UserKey.generate(), empty))).toBe(
      "KeyRingError.EmptyPassword",
    );
    for (const length of [0, 1_024]) {
      const input = newPasskeyInput();
      const passkey: NewFactor = { kind: "passkey", id: new Uint8Array(length), input, secret };
      expect(await refusalOf(ring.withFactor(keys, passkey))).toBe("KeyRingError.PasskeyId");
    }
  });

  test("of the password seals nothing again, keeps both on the way, and an old ring is noticed", async () => {
    const next = new Password("another");
    const unlocked = await ring.unlock(byPassword(), 0n);
    const { both, done } = await ring.changePassword(unlocked, next, cost);
    for (const [stored, it, fault] of [
      [both, password, undefined],
      [both, next, undefined],
      [done, password, "UnlockError.WrongPassword"],
      [done, next, undefined],
    ] as const) {
      const read = KeyRing.decode(stored.encode(), USER);
      expect(await unlocks(read, byPassword(it))).toBe(fault);
      const opened = await read.unlock(byWords, 0n);
      expect(opened.keys.publicKey().equals(keys.publicKey())).toBe(true);
    }
    expect([ring.revision, both.revision, done.revision]).toEqual([3n, 4n, 5n]);
    expect(await unlocks(ring, byPassword(), done.revision)).toBe("UnlockError.Old");
    // A change that stopped half way is taken up again by either password; the other one goes.
    const again = await await both.unlock(byPassword(next), 0n);
    const third = new Password("a third");
    const taken = await both.changePassword(again, third, cost);
    expect(await unlocks(taken.both, byPassword(password))).toBe("UnlockError.WrongPassword");
    expect(await unlocks(taken.both, byPassword(next))).toBeUndefined();
    // Forgotten: by the words, in one write.
    const recovered = await ring.changePassword(await ring.unlock(byWords, 0n), third, cost);
    expect(await unlocks(recovered.both, byPassword(password))).toBe("UnlockError.WrongPassword");
    expect(await unlocks(recovered.done, byPassword(third))).toBeUndefined();
  });

  test("over from the compatible suite seals nothing again", async () => {
    const compatible = await keyFromPassword(password, USER);
    const shown = compatible.publicKey();
    const sealed = seal(shown, utf8("old"));
    const moved = await KeyRing.create(USER, UserKey.adopt(compatible), newWords);
    expect(moved.keys.publicKey().equals(shown)).toBe(true);
    expect(fromUtf8(moved.keys.open(sealed))).toBe("old");
    const replaced = await moved.ring.replaceKey(moved.keys, UserKey.generate(), [newWords]);
    const { keys: renewed } = await KeyRing.decode(replaced.ring.encode(), USER).unlock(byWords, 0n);
    expect(fromUtf8(renewed.open(sealed))).toBe("old");
    // Who knows the old password is shut out of what is new, and only of that.
    const fresh = seal(renewed.publicKey(), utf8("new"));
    expect(refusal(() => open(compatible, fresh))).toBe("OpenError.Refused");
    expect(refusal(() => moved.keys.open(fresh))).toBe("OpenError.Refused");
  });

  test("of the key shows in how the profile's key stands, and drops the ways that were not given", async () => {
    const { ring: after, keys: renewed } = await ring.replaceKey(keys, UserKey.generate(), [newWords]);
    expect(keys.standing(keys.publicKey())).toBe("current");
    expect(renewed.standing(keys.publicKey())).toBe("former");
    expect(keys.standing(renewed.publicKey())).toBe("unknown");
    expect(renewed.standing(SecretKey.generate().publicKey())).toBe("unknown");
    expect(await unlocks(after, byPassword())).toBe("UnlockError.NoSuchFactor");
    expect(after.revision).toBe(ring.revision + 1n);
  });

  test("of the key keeps the old ones up to the limit, and never drops one", async () => {
    const sealed = seal(keys.publicKey(), utf8("first"));
    let [last, held] = [ring, keys];
    for (let round = 0; round < 32; round++) {
      ({ ring: last, keys: held } = await last.replaceKey(held, UserKey.generate(), [newWords]));
    }
    expect(await refusalOf(last.replaceKey(held, UserKey.generate(), [newWords]))).toBe(
      "KeyRingError.TooMany",
    );
    const opened = await KeyRing.fromBase64(last.toBase64(), USER).unlock(byWords, 0n);
    expect(opened.keys.former).toHaveLength(32);
    expect(fromUtf8(opened.keys.open(sealed))).toBe("first");
  });
});
