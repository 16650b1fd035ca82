// Values of attributes in the form of the Rust SDK: recorded ones, and what is sealed now.
import { readFileSync } from "node:fs";
import { KeyRing, Password } from "idos-crypto";
import { beforeAll, expect, test, vi } from "vitest";
import { LONGEST_TYPED, openAttribute, sealAttribute } from "../../src/keys/attribute-value.ts";
import { PersonKeys } from "../../src/keys/person-keys.ts";
import { ATTRIBUTE_VALUE_BYTES } from "../../src/limits.ts";

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/crypto/${name}.json`, import.meta.url), "utf8"));
const { id, key, value, boxes, envelopes } = fixture("attributes");
const person = fixture("sealed").key_ring_1;

let ring: PersonKeys;
let compatible: PersonKeys;

beforeAll(async () => {
  const password = new Password(person.password);
  const { keys } = await KeyRing.fromBase64(person.ring, person.user).unlock(
    { kind: "password", password },
    0n,
  );
  ring = PersonKeys.of(person.user, keys);
  compatible = PersonKeys.of(person.user, keys.current.encryptionKey);
});

test("recorded values open", () => {
  expect(boxes).toHaveLength(1);
  expect(envelopes).toHaveLength(1);
  for (const stored of [...boxes, ...envelopes]) {
    expect(openAttribute(ring, { id, key, value: stored })).toBe(value);
  }
  for (const stored of boxes) {
    expect(openAttribute(compatible, { id: id.toUpperCase(), key, value: stored })).toBe(value);
  }
});

test("what is sealed opens for its person, and an envelope in its place only", () => {
  expect(sealAttribute(compatible, id, key, value)).toMatch(/^idos:box:/);
  const stored = sealAttribute(ring, id.toUpperCase(), key, value);
  expect(stored).toMatch(/^idos:envelope:/);
  expect(openAttribute(ring, { id, key, value: stored })).toBe(value);
  const elsewhere = { id, key: "email", value: stored };
  expect(() => openAttribute(ring, elsewhere)).toThrow(expect.objectContaining({ reason: "Unreadable" }));
});

test("the longest value that is typed can be stored", () => {
  const longest = "€".repeat(LONGEST_TYPED);
  for (const keys of [ring, compatible]) {
    expect(sealAttribute(keys, id, key, longest).length).toBeLessThanOrEqual(ATTRIBUTE_VALUE_BYTES);
  }
});

test.each(["idos:box:nothing", "idos:box:a:b:c", "idos:box:a:b", "idos:envelope:!", "idos:envelope:AAAA"])(
  "%s is unreadable",
  (stored) => {
    expect(() => openAttribute(ring, { id, key, value: stored })).toThrow(
      expect.objectContaining({ reason: "Unreadable" }),
    );
  },
);

test("a key from a password alone has no envelopes; what is not sealed is given as it is", () => {
  expect(() => openAttribute(compatible, { id, key, value: envelopes[0] })).toThrow(/key ring/);
  expect(openAttribute(ring, { id, key, value: "in plain" })).toBe("in plain");
});

test("what opens and is no text is wiped like a text", () => {
  const plaintext = Uint8Array.of(0xff, 0xfe);
  const opening = vi.spyOn(compatible, "open").mockReturnValue(plaintext);
  expect(() => openAttribute(compatible, { id, key, value: boxes[0] })).toThrow(
    expect.objectContaining({ reason: "Unreadable" }),
  );
  opening.mockRestore();
  expect(plaintext).toEqual(new Uint8Array(2));
});

test("keys survive being handed over, and what they came in is wiped", () => {
  const given = ring.expose();
  const bytes = given.bytes;
  const read = PersonKeys.read(given);
  expect(bytes.every((byte) => byte === 0)).toBe(true);
  expect(read.publicKey().equals(ring.publicKey())).toBe(true);
  expect(openAttribute(read, { id, key, value: envelopes[0] })).toBe(value);
  expect(() => PersonKeys.read({ ...given, bytes: new Uint8Array(65) })).toThrow();
});
