// Each fault of what comes from outside has its own named error.
import { concatBytes } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import {
  HybridPublicKey,
  HybridSecretKey,
  keyFromPassword,
  open,
  openEnvelope,
  Password,
  PasswordCost,
  PublicKey,
  RecoveryWords,
  Sealed,
  SecretKey,
  SigningKey,
  seal,
  sealEnvelope,
  UserKey,
  wipe,
} from "../../src/index.ts";
import { SEALED_BYTES } from "../../src/limits.ts";
import { flipped, patched, refusal, refusalOf, utf8 } from "../support/fixtures.ts";

const TEXT = utf8("a text");
const NOTHING = new Uint8Array();

describe("a box", () => {
  const key = SecretKey.generate();
  const sealed = seal(key.publicKey(), TEXT);
  const opened = (bytes: Uint8Array, sender = sealed.encryptorPublicKey) =>
    refusal(() => open(key, new Sealed(bytes, sender)));

  test("opens only unchanged and for its recipient", () => {
    expect(open(key, sealed)).toEqual(TEXT);
    expect(refusal(() => open(SecretKey.generate(), sealed))).toBe("OpenError.Refused");
    for (let at = 0; at < sealed.content.length; at++) {
      expect(opened(flipped(sealed.content, at)), `byte ${at}`).toBe("OpenError.Refused");
    }
    const second = seal(key.publicKey(), TEXT);
    expect(opened(patched(sealed.content, 0, second.content.slice(0, 24)))).toBe("OpenError.Refused");
    expect(opened(sealed.content, second.encryptorPublicKey)).toBe("OpenError.Refused");
  });

  test("is not cut and not endless", () => {
    for (let length = 0; length < sealed.content.length; length++) {
      const fault = length < 40 ? "OpenError.Truncated" : "OpenError.Refused";
      expect(opened(sealed.content.slice(0, length)), `${length} bytes`).toBe(fault);
    }
    expect(opened(new Uint8Array(SEALED_BYTES + 1))).toBe("OpenError.TooLarge");
  });

  test("is made for a fresh sender and nonce each time", () => {
    const second = seal(key.publicKey(), TEXT);
    expect(second.encryptorPublicKey.equals(sealed.encryptorPublicKey)).toBe(false);
    expect(second.content.slice(0, 24)).not.toEqual(sealed.content.slice(0, 24));
  });

  test("has columns in strict base64", () => {
    const sender = PublicKey.fromBytes(new Uint8Array(32).fill(9)).toBase64();
    const read = (content: string, from = sender) => refusal(() => Sealed.fromBase64(content, from));
    const good = "A".repeat(56);
    expect(read(good)).toBeUndefined();
    for (const bad of ["A".repeat(57), "-".repeat(56), ` ${good}`, `${good}\n`]) {
      expect(read(bad), bad).toBe("OpenError.Encoding");
    }
    expect(read(good, "")).toBe("KeyError.Length");
    expect(read("A".repeat((SEALED_BYTES / 3) * 4 + 4))).toBe("OpenError.TooLarge");
  });
});

test("keys that protect nothing are refused", () => {
  const key = SecretKey.generate();
  for (const first of [0, 1]) {
    const weak = PublicKey.fromBytes(patched(new Uint8Array(32), 0, [first]));
    expect(refusal(() => seal(weak, TEXT))).toBe("SealError.WeakKey");
    expect(refusal(() => open(key, new Sealed(new Uint8Array(50), weak)))).toBe("OpenError.WeakKey");
    const hybrid = patched(HybridSecretKey.generate().publicKey().toBytes(), 1184, weak.toBytes());
    const seals = () => sealEnvelope(HybridPublicKey.fromBytes(hybrid), NOTHING, TEXT);
    expect(refusal(seals)).toBe("SealError.WeakKey");
  }
});

test("what is no key is refused", () => {
  const key = PublicKey.fromBytes(new Uint8Array(32).fill(7));
  expect(PublicKey.fromBase64(key.toBase64()).equals(key)).toBe(true);
  const unpadded = key.toBase64().replace("=", "");
  expect(refusal(() => PublicKey.fromBase64(unpadded))).toBe("KeyError.Encoding");
  for (const length of [0, 31, 33, 1216]) {
    const bytes = new Uint8Array(length);
    expect(refusal(() => PublicKey.fromBytes(bytes))).toBe("KeyError.Length");
    expect(refusal(() => SecretKey.fromBytes(bytes))).toBe("KeyError.Length");
    expect(refusal(() => HybridSecretKey.fromBytes(bytes))).toBe("KeyError.Length");
    expect(refusal(() => PublicKey.fromBase64(Buffer.from(bytes).toString("base64")))).toBe(
      "KeyError.Length",
    );
    expect(refusal(() => SigningKey.fromSeed(bytes))).toBe("UsageError.Argument");
  }
  const hybrid = HybridSecretKey.generate().publicKey();
  expect(HybridPublicKey.fromBase64(hybrid.toBase64()).toBytes()).toEqual(hybrid.toBytes());
  expect(refusal(() => HybridPublicKey.fromBase64(key.toBase64()))).toBe("KeyError.Length");
  // FIPS 203: every twelve bits have to be below 3329.
  const invalid = patched(hybrid.toBytes(), 0, [0xff, 0xff, 0xff]);
  expect(refusal(() => HybridPublicKey.fromBytes(invalid))).toBe("KeyError.Invalid");
});

test("what cannot be stored is not sealed", () => {
  const key = SecretKey.generate();
  const hybrid = HybridSecretKey.generate();
  const text = new Uint8Array(SEALED_BYTES).fill(7);
  expect(refusal(() => seal(key.publicKey(), text))).toBe("SealError.TooLarge");
  expect(refusal(() => sealEnvelope(hybrid.publicKey(), NOTHING, text))).toBe("SealError.TooLarge");
  const empty = sealEnvelope(hybrid.publicKey(), NOTHING, NOTHING).length;
  const most = text.subarray(empty);
  const envelope = sealEnvelope(hybrid.publicKey(), NOTHING, most);
  expect(envelope).toHaveLength(SEALED_BYTES);
  expect(openEnvelope(hybrid, NOTHING, envelope).length).toBe(most.length);
  const sealed = seal(key.publicKey(), text.subarray(40));
  expect(sealed.content).toHaveLength(SEALED_BYTES);
  expect(open(key, sealed).length).toBe(SEALED_BYTES - 40);
});

describe("an envelope", () => {
  const key = HybridSecretKey.generate();
  const envelope = sealEnvelope(key.publicKey(), utf8("here"), TEXT);
  const opened = (bytes: Uint8Array) => refusal(() => openEnvelope(key, utf8("here"), bytes));
  const commitment = 5 + 1120;
  const least = commitment + 32 + 16;

  test("opens only unchanged, for its recipient and in its place", () => {
    expect(openEnvelope(key, utf8("here"), envelope)).toEqual(TEXT);
    expect(refusal(() => openEnvelope(key, utf8("there"), envelope))).toBe("OpenError.Altered");
    const other = HybridSecretKey.generate();
    expect(refusal(() => openEnvelope(other, utf8("here"), envelope))).toBe("OpenError.WrongRecipient");
    for (let at = 0; at < envelope.length; at += at >= 5 && at < commitment - 17 ? 17 : 1) {
      const fault =
        at < 4
          ? "NotAnEnvelope"
          : at === 4
            ? "UnknownVersion"
            : at < commitment + 32
              ? "WrongRecipient"
              : "Altered";
      expect(opened(flipped(envelope, at)), `byte ${at}`).toBe(`OpenError.${fault}`);
    }
  });

  test("is not cut and not endless", () => {
    for (const length of [4, 5, 6, 1124, least - 1]) {
      expect(opened(envelope.slice(0, length)), `${length} bytes`).toBe("OpenError.Truncated");
    }
    expect(opened(envelope.slice(0, 3))).toBe("OpenError.NotAnEnvelope");
    expect(opened(envelope.slice(0, least))).toBe("OpenError.Altered");
    expect(opened(new Uint8Array(SEALED_BYTES + 1))).toBe("OpenError.TooLarge");
    // A key of small order in the place of the sender's.
    expect(opened(patched(envelope, 5 + 1088, new Uint8Array(32)))).toBe("OpenError.WrongRecipient");
  });

  test("names a version that is not known", () => {
    expect(() => openEnvelope(key, utf8("here"), patched(envelope, 4, [2]))).toThrow("version 2");
  });
});

test("no suite is taken for another", () => {
  const bytes = SecretKey.generate().expose();
  const [key, hybrid] = [SecretKey.fromBytes(bytes), HybridSecretKey.fromBytes(bytes)];
  const sealed = seal(key.publicKey(), TEXT);
  expect(refusal(() => openEnvelope(hybrid, NOTHING, sealed.content))).toBe("OpenError.NotAnEnvelope");
  const envelope = sealEnvelope(hybrid.publicKey(), NOTHING, TEXT);
  const asBox = new Sealed(envelope, sealed.encryptorPublicKey);
  expect(refusal(() => open(key, asBox))).toBe("OpenError.Refused");
});

test("passwords are bounded, and the same from every keyboard", () => {
  expect(new Password("ﬁrst ①").toBytes()).toEqual(utf8("first 1"));
  expect(new Password("a".repeat(4096)).isEmpty).toBe(false);
  expect(refusal(() => new Password("a".repeat(4097)))).toBe("PasswordError.TooLong");
  expect(refusal(() => new Password("ß".repeat(2049)))).toBe("PasswordError.TooLong");
  expect(refusal(() => new Password("a\ud800"))).toBe("PasswordError.Unicode");
  expect(new Password("😀").toBytes()).toEqual(utf8("😀"));
});

test("only UUIDs of version 4 salt a compatible key, in their letter case", async () => {
  const password = new Password("");
  const good = "9f51b3b2-4cbe-4c2b-8ea3-0b0c1b2f1a11";
  const key = async (id: string) => (await keyFromPassword(password, id)).publicKey().toBase64();
  expect(await key(good)).not.toBe(await key(good.toUpperCase()));
  for (const bad of [
    "",
    good.replace("4c2b", "5c2b"),
    good.replaceAll("-", ""),
    `${good}1`,
    `${good.slice(1)}g`,
  ]) {
    expect(await refusalOf(key(bad)), bad).toBe("UsageError.Argument");
  }
});

test("nothing cheaper than the floor and nothing exhausting is a cost", () => {
  const { kib, passes, lanes } = PasswordCost.LEAST;
  const cost = (kib: number, passes: number, lanes: number) =>
    refusal(() => new PasswordCost(kib, passes, lanes));
  expect(cost(kib, passes, lanes)).toBeUndefined();
  expect(cost(kib - 1, passes, lanes)).toBe("CostError.Weak");
  expect(cost(kib, passes - 1, lanes)).toBe("CostError.Weak");
  expect(cost(kib, passes, 0)).toBe("CostError.Weak");
  expect(cost(Number.NaN, passes, lanes)).toBe("CostError.Weak");
  expect(cost(262_144, 10, 4)).toBeUndefined();
  expect(cost(262_145, passes, lanes)).toBe("CostError.Exhausting");
  expect(cost(2 ** 32 - 1, passes, lanes)).toBe("CostError.Exhausting");
  expect(cost(kib, 11, lanes)).toBe("CostError.Exhausting");
  expect(cost(kib, passes, 5)).toBe("CostError.Exhausting");
});

test("recovery words are read as people type them, and their faults named", () => {
  const words = RecoveryWords.generate().expose();
  expect(words.split(" ")).toHaveLength(24);
  const typed = `  ${words.toUpperCase().replaceAll(" ", " \t")}\n`;
  expect(RecoveryWords.parse(typed).expose()).toBe(words);
  const parse = (text: string) => refusal(() => RecoveryWords.parse(text));
  expect(parse("")).toBe("RecoveryWordsError.Count");
  expect(parse(`${"abandon ".repeat(11)}about`)).toBe("RecoveryWordsError.Count");
  expect(parse("abandon ".repeat(24))).toBe("RecoveryWordsError.Checksum");
  expect(parse(`${"abandon ".repeat(23)}idos`)).toBe("RecoveryWordsError.Unknown");
  expect(() => RecoveryWords.parse(`${"abandon ".repeat(23)}idos`)).toThrow(
    expect.objectContaining({ number: 24, message: expect.stringContaining("word 24 ") }),
  );
  expect(() => RecoveryWords.parse("abandon about")).toThrow(expect.objectContaining({ number: 2 }));
  expect(parse(" ".repeat(513))).toBe("RecoveryWordsError.TooLong");
});

describe("a secret", () => {
  test("is zero after it was wiped, and not used then", async () => {
    const text = TEXT.slice();
    const [password, words, signer] = [new Password("x"), RecoveryWords.generate(), SigningKey.generate()];
    const [key, hybrid, user] = [SecretKey.generate(), HybridSecretKey.generate(), UserKey.generate()];
    const bytes = words.seed;
    wipe(text, password, words, signer, key, hybrid, user);
    expect([...text, ...bytes].every((byte) => byte === 0)).toBe(true);
    for (const use of [
      () => password.isEmpty,
      () => words.expose(),
      () => words.signingKey(),
      () => signer.sign(TEXT),
      () => key.publicKey(),
      () => open(key, seal(SecretKey.generate().publicKey(), TEXT)),
      () => hybrid.publicKey(),
      () => user.hybridKey(),
      () => user.encryptionKey.expose(),
    ]) {
      expect(refusal(use), `${use}`).toBe("UsageError.Wiped");
    }
  });

  test("may be wiped while it is being stretched", async () => {
    const id = "9f51b3b2-4cbe-4c2b-8ea3-0b0c1b2f1a11";
    const whole = await keyFromPassword(new Password("x"), id);
    const password = new Password("x");
    const started = keyFromPassword(password, id);
    wipe(password);
    expect((await started).expose()).toEqual(whole.expose());
  });

  test("is kept as a copy", () => {
    const bytes = new Uint8Array(32).fill(7);
    const key = SecretKey.fromBytes(bytes);
    const user = UserKey.adopt(key);
    wipe(bytes, key);
    expect(user.encryptionKey.expose()).toEqual(new Uint8Array(32).fill(7));
  });
});

test("what is no envelope never opens, whatever it is", () => {
  const key = HybridSecretKey.generate();
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  for (let round = 0; round < 100; round++) {
    const bytes = Uint8Array.from({ length: next() % 2_000 }, () => next() & 0xff);
    for (const tried of [bytes, concatBytes(utf8("idOS\x01"), bytes)]) {
      expect(refusal(() => openEnvelope(key, NOTHING, tried))).toMatch(/^OpenError\./);
    }
  }
});
