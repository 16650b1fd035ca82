import { readFileSync } from "node:fs";
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Party } from "idos-client";
import { expect, test } from "vitest";
import { fromAscii85 } from "../../src/credential/ascii85.ts";
import { meets } from "../../src/credential/conditions.ts";
import { type JsonObject, readCredential, readDocument } from "../../src/credential/document.ts";
import { examine } from "../../src/credential/examine.ts";
import { contentsOf, shown, titleOf } from "../../src/credential/facts.ts";
import { fileOf } from "../../src/credential/file.ts";
import { checkSignature, isSigned, keyOfDid } from "../../src/credential/proof.ts";
import { CREDENTIAL_DEPTH } from "../../src/limits.ts";
import { momentInWords, titleInWords, valueInWords } from "../../src/page/wording.ts";
import { didKey, SUBJECT, signed } from "../support/credentials.ts";

const VECTOR = new URL(
  "../../../../crates/credential/tests/vectors/vc-di-eddsa/eddsa-jcs-2022/signedJCS.json",
  import.meta.url,
);
const NOW = new Date("2026-01-01T00:00:00Z");
const secret = ed25519.utils.randomSecretKey();

const party = (roles: Party["roles"], key = secret): Party => ({
  id: "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
  address: "x",
  roles,
  keys: {
    version: 1,
    name: "Sample Issuer",
    did: null,
    signingPublicKey: bytesToHex(ed25519.getPublicKey(key)),
    encryptionPublicKey: "",
    signature: "",
    height: 1,
  },
});

const found = (
  document: JsonObject,
  parties: readonly Party[] | undefined = [party(["issuer"])],
  notes = "",
) => examine(document, notes, parties, NOW);

test("the vector of the W3C verifies", () => {
  const vector = JSON.parse(readFileSync(VECTOR, "utf8")) as JsonObject;
  const proof = vector["proof"] as JsonObject;
  const key = keyOfDid(String(proof["verificationMethod"]).split("#")[0] ?? "") ?? new Uint8Array();
  expect(isSigned(vector, proof, key)).toBe(true);
  expect(isSigned({ ...vector, name: "x" }, proof, key)).toBe(false);
  // The vector names its issuer by a URL, so nothing tells whose the key is.
  expect(checkSignature(readCredential(vector), NOW).state).toBe("unchecked");
});

test("a right signature of a listed issuer is vouched for", () => {
  const document = signed(secret);
  expect(checkSignature(readCredential(document), NOW)).toMatchObject({ state: "right", isTimely: true });
  expect(found(document)).toMatchObject({ isVouched: true, concerns: [], refusal: undefined });
  expect(found(document).issuer.name).toBe("Sample Issuer");
});

test.each<[string, (document: JsonObject) => JsonObject]>([
  ["another subject", (it) => ({ ...it, credentialSubject: { ...SUBJECT, firstName: "Eve" } })],
  ["one member more", (it) => ({ ...it, name: "x" })],
  ["another issuer", (it) => ({ ...it, issuer: didKey(ed25519.utils.randomSecretKey()) })],
  ["another context", (it) => ({ ...it, "@context": ["https://www.w3.org/2018/credentials/v1"] })],
  [
    "another purpose",
    (it) => ({ ...it, proof: { ...(it["proof"] as JsonObject), proofPurpose: "authentication" } }),
  ],
  [
    "a later date in the proof",
    (it) => ({ ...it, proof: { ...(it["proof"] as JsonObject), created: "2025-01-01T00:00:00Z" } }),
  ],
  [
    "a value that is no signature",
    (it) => ({ ...it, proof: { ...(it["proof"] as JsonObject), proofValue: "zzz" } }),
  ],
])("%s breaks the signature", (_, change) => {
  expect(found(change(signed(secret))).refusal).toBeDefined();
});

test("what cannot be checked is said to be unchecked, never right", () => {
  const document = signed(secret);
  const proof = document["proof"] as JsonObject;
  for (const other of [
    { ...document, proof: { ...proof, cryptosuite: "eddsa-rdfc-2022" } },
    { ...document, proof: { ...proof, type: "Ed25519Signature2020", cryptosuite: "eddsa-jcs-2022" } },
    { ...document, proof: { ...proof, verificationMethod: "did:web:issuer.example#1" } },
    { ...document, proof: [proof, proof] },
    { ...document, issuer: "https://issuer.example" },
  ] as JsonObject[]) {
    expect(found(other)).toMatchObject({ isVouched: false, refusal: undefined });
    expect(found(other).concerns).toContain("unchecked");
  }
  const { proof: _, ...unsigned } = document;
  expect(found(unsigned).concerns).toContain("unsigned");
  expect(found({ ...document, proof: null }).concerns).toContain("unsigned");
});

test("only an issuer that the network lists is named", () => {
  const document = signed(secret);
  for (const parties of [[], [party(["consumer"])], [party(["issuer"], ed25519.utils.randomSecretKey())]]) {
    expect(found(document, parties)).toMatchObject({ isVouched: false, concerns: ["unknown-issuer"] });
  }
  expect(examine(document, null, undefined, NOW).concerns).toEqual(["issuers-unknown"]);
});

test("a party is not named by a DID that it published", () => {
  const other = signed(ed25519.utils.randomSecretKey());
  const proof = { ...(other["proof"] as JsonObject), cryptosuite: "eddsa-rdfc-2022" };
  for (const did of ["did:web:issuer.example", String(other["issuer"])]) {
    const { keys, ...listed } = party(["issuer"]);
    const claims: Party = { ...listed, keys: keys && { ...keys, did } };
    const examined = found({ ...other, issuer: did, proof }, [claims]);
    expect(examined.issuer.name).toBeUndefined();
    expect(examined.concerns).toEqual(["unchecked", "unknown-issuer"]);
  }
  // What cannot be checked is said to be of whose key it names.
  const own = signed(secret);
  const unchecked = { ...own, proof: { ...(own["proof"] as JsonObject), cryptosuite: "eddsa-rdfc-2022" } };
  expect(found(unchecked)).toMatchObject({ issuer: { name: "Sample Issuer" }, concerns: ["unchecked"] });
});

test("dates, ids and structure are looked at", () => {
  const expired = signed(secret, SUBJECT, { validUntil: "2025-12-31T23:59:59Z" });
  expect(found(expired)).toMatchObject({ concerns: ["expired"], refusal: undefined });
  expect(found(signed(secret, SUBJECT, { validFrom: "2027-01-01T00:00:00Z" })).concerns).toEqual(["not-yet"]);
  expect(found(signed(secret, SUBJECT, { validFrom: "soon" })).concerns).toEqual(["structure"]);
  expect(found(signed(secret), undefined, '{"id":"urn:other"}').concerns).toContain("other-id");
  expect(found({ hello: "x" }).concerns).toContain("structure");
});

test.each<[string, JsonObject]>([
  ["without a zone", { validFrom: "2024-01-01T00:00:00" }],
  ["of a day that does not exist", { validFrom: "2024-02-30T00:00:00Z" }],
  ["of an hour that does not exist", { validFrom: "2024-01-01T24:00:00Z" }],
  ["that is a day", { validFrom: "2024-01-01" }],
  ["that is no text", { validUntil: 4102444800 }],
  ["that is nothing", { validUntil: null }],
  [
    "that another takes the place of",
    { expirationDate: "2025-01-01T00:00:00Z", validUntil: "2099-01-01T00:00:00Z" },
  ],
  ["of both versions of the data model", { issuanceDate: "2024-01-01T00:00:00Z" }],
  ["before it begins", { validFrom: "2024-01-02T00:00:00Z", validUntil: "2024-01-01T00:00:00Z" }],
])("a credential with a date %s is not in the usual form", (_, dates) => {
  expect(found(signed(secret, SUBJECT, dates)).concerns).toContain("structure");
});

test("a date has a zone, and is the same moment wherever it is read", () => {
  for (const date of ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000Z", "2024-01-01T01:30:00+01:30"]) {
    const document = signed(secret, SUBJECT, { validFrom: date });
    expect(found(document).concerns, date).toEqual([]);
    expect(readCredential(document).validFrom?.toISOString()).toBe("2024-01-01T00:00:00.000Z");
  }
});

test("a signature that has ended, or was made in the future, vouches for nothing", () => {
  const at = (inProof: JsonObject) => found(signed(secret, SUBJECT, {}, inProof));
  for (const dates of [
    { expires: "2025-12-31T23:54:59Z" },
    { created: "2026-01-01T00:05:01Z" },
    { created: "2024-01-01T00:00:00" },
    { expires: "never" },
    { expires: 4102444800 },
    { created: null },
  ] as JsonObject[]) {
    const expected = { isVouched: false, concerns: ["untimely"], refusal: undefined };
    expect(at(dates), JSON.stringify(dates)).toMatchObject(expected);
    expect(at(dates).issuer.name).toBe("Sample Issuer");
  }
  // Clocks differ.
  for (const dates of [{ expires: "2025-12-31T23:55:00Z" }, { created: "2026-01-01T00:05:00Z" }]) {
    expect(at(dates), JSON.stringify(dates)).toMatchObject({ isVouched: true, concerns: [] });
  }
});

test("a signature names the key of its issuer, and no other", () => {
  const [issuer, other] = [didKey(secret), didKey(ed25519.utils.randomSecretKey())];
  const fragment = issuer.slice("did:key:".length);
  for (const method of [
    `${issuer}#${other.slice("did:key:".length)}`,
    `${issuer}#${fragment}#`,
    `${issuer}#`,
    issuer,
  ]) {
    const document = signed(secret, SUBJECT, {}, { verificationMethod: method });
    expect(found(document), method).toMatchObject({
      isVouched: false,
      refusal: expect.stringContaining("key"),
    });
  }
});

test("what two readers would read differently is not read", () => {
  const read = (text: string) => readDocument(new TextEncoder().encode(text));
  for (const text of [
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":{"b":1,"b":2}}',
    '{"a":[{"b":{},"b":[]}]}',
    '{"a":1,"\\u0061":2}',
    '{"__proto__":1,"__proto__":2}',
    '{ "a\\":":1, "a\\":" : 2 }',
  ]) {
    expect(() => read(text), text).toThrow("two members of one name");
  }
  for (const number of ["9007199254740992", "-9007199254740993", "1e20", "9007199254740991.5", "1e999"]) {
    expect(() => read(`{"a":[${number}]}`), number).toThrow("rounded");
  }
  for (const text of [
    '{"a":{"a":[{"a":1},{"a":1}]},"b":{"a":1}}',
    '{"a":"\\":"}',
    '{"a:":":","\\"":"{\\"a\\":1,\\"a\\":2}","\\\\":"\\\\"}',
    '{"__proto__":1,"a":[9007199254740991,-0.1,1e3]}',
    "{}",
  ]) {
    expect(read(text), text).toEqual(JSON.parse(text));
  }
});

test("what is no JSON object is no credential, and the error does not quote it", () => {
  for (const text of ["secret text", "[1]", "null", "\ud800"]) {
    const read = () => readDocument(new TextEncoder().encode(text));
    expect(read).toThrow(expect.objectContaining({ reason: "Unreadable" }));
    expect(read).not.toThrow(/secret/);
  }
});

test("a credential is nested as deep as verifiers read it, and no deeper", () => {
  const nested = (depth: number) => {
    const lists = depth - 1;
    return new TextEncoder().encode(`{"x":${"[".repeat(lists)}1${"]".repeat(lists)}}`);
  };
  expect(readDocument(nested(CREDENTIAL_DEPTH))).toHaveProperty("x");
  for (const depth of [CREDENTIAL_DEPTH + 1, 200_000]) {
    expect(() => readDocument(nested(depth))).toThrow(expect.objectContaining({ reason: "Unreadable" }));
  }
});

test("conditions compare what the credential says", () => {
  const said = (path: string[], is: "equal" | "in" | "before" | "after", value: string | string[]) =>
    meets(SUBJECT, [{ path, is, value }]);
  expect(said(["nationality"], "equal", "PT")).toBe(true);
  expect(said(["nationality"], "equal", "pt")).toBe(false);
  expect(said(["nationality"], "in", ["DE", "PT"])).toBe(true);
  expect(said(["dateOfBirth"], "before", "1990-05-01")).toBe(true);
  expect(said(["dateOfBirth"], "before", "1990-04-30")).toBe(false);
  expect(said(["dateOfBirth"], "after", "1990-04-29")).toBe(true);
  expect(said(["familyName"], "before", "2100-01-01")).toBe(false);
  expect(said(["familyName"], "after", "1900-01-01")).toBe(false);
  expect(said(["missing"], "equal", "undefined")).toBe(false);
  expect(said(["constructor", "name"], "equal", "Object")).toBe(false);
  expect(meets(SUBJECT, [])).toBe(true);
});

test("Ascii85 is read as Adobe writes it", () => {
  const text = (value: string) => new TextDecoder().decode(fromAscii85(value));
  expect(text('<~87cURD]i,"Ebo80~>')).toBe("Hello World!");
  expect(text("<~87cURDZ~>")).toBe("Hello");
  expect(fromAscii85("<~z~>")).toEqual(new Uint8Array(4));
  expect(fromAscii85("<~~>")).toEqual(new Uint8Array());
  for (const bad of ["87cUR", "<~8~>", "<~87cUv~>", '<~s8W-"~>']) {
    expect(fromAscii85(bad)).toBeUndefined();
  }
});

test("files are known by how they begin, whatever they are called", () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  const url = (type: string, bytes: Uint8Array) =>
    `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
  expect(fileOf(url("text/html", png))?.type).toBe("image/png");
  expect(fileOf(url("image/png", new TextEncoder().encode("<script>")))).toBeUndefined();
  expect(fileOf(url("application/pdf", new TextEncoder().encode("%PDF-1.7")))?.type).toBe("application/pdf");
  expect(fileOf("a plain text")).toBeUndefined();
});

const PNG = `data:image/png;base64,${Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]).toString("base64")}`;
const contents = (document: JsonObject) => contentsOf(readCredential(document));

test("facts are the short values, with the way to them; identifiers are last", () => {
  const { facts, files, hidden } = contents({
    credentialSubject: { id: "x", "@context": "y", a: { b: "c", d: [1, true] }, none: null },
  });
  expect(facts).toEqual([
    ["a.b", "c"],
    ["a.d", "1"],
    ["a.d", "true"],
    ["id", "x"],
  ]);
  // The context is neither shown nor left unsaid.
  expect([files, hidden]).toEqual([[], 1]);
});

test("whatever is shared is a fact, a file, or counted", () => {
  const { facts, files, hidden } = contents({
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    credentialSubject: [
      { firstName: "Ada", selfieFile: PNG, long: "A".repeat(301) },
      { firstName: "Eve", a: { b: { c: { d: { e: { f: "deep" } } } } } },
      "a text",
    ],
    evidence: [{ idDocumentFrontFile: PNG }],
    level: "plus",
    issuer: { id: "did:key:z", name: "Sample Issuer" },
  });
  expect(facts).toEqual([
    ["firstName", "Ada"],
    ["firstName", "Eve"],
    ["level", "plus"],
    ["issuer.name", "Sample Issuer"],
  ]);
  expect(files.map(([label]) => label)).toEqual(["selfieFile", "evidence.idDocumentFrontFile"]);
  expect(hidden).toBe(3);
  const many = contents({
    credentialSubject: Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`m${at}`, at])),
  });
  expect(many.facts.length + many.hidden).toBe(100);
  expect(many.hidden).toBeGreaterThan(0);
});

test("nesting without end is not followed", () => {
  let value: JsonObject = { portrait: PNG };
  for (let depth = 0; depth < 50_000; depth++) {
    value = { a: value };
  }
  expect(contents({ credentialSubject: value })).toEqual({ facts: [], files: [], hidden: 1 });
});

test("a credential is called by its own type, and notes that call it something else are a concern", () => {
  const typed = signed(secret, SUBJECT, { type: ["VerifiableCredential", "IdosKycCredential"] });
  expect(titleOf(found(typed), '{"type":"human"}')).toBe("IdosKycCredential");
  expect(titleInWords("IdosKycCredential")).toBe(titleInWords("kyc"));
  expect(found(typed, undefined, '{"type":"kyc"}').concerns).toEqual([]);
  expect(found(typed, undefined, '{"type":"human"}').concerns).toEqual(["other-type"]);
  // Without a type of its own there is nothing to compare.
  expect(found(signed(secret), undefined, '{"type":"human"}').concerns).toEqual([]);
  expect(titleOf(found(signed(secret)), '{"type":"human"}')).toBe("human");
  expect(shown(found(typed), "").facts).toContainEqual(["validFrom", "2024-01-01T00:00:00.000Z"]);
});

test("a day is the same day wherever its reader is", () => {
  const day = "30 April 1990";
  expect(valueInWords("1990-04-30")).toBe(day);
  expect(valueInWords("1990-04-30T00:00:00.000Z")).toBe(day);
  expect(valueInWords("1990-99-99")).toBe("1990-99-99");
  expect(valueInWords("P1234567")).toBe("P1234567");
});

test.each([
  "1990-04-31",
  "2024-02-30",
  "2023-02-29",
  "2024-02-30T00:00:00Z",
  "2024-02-30T10:15:00Z",
  "2024-05-01T24:00:00Z",
  "2024-05-01T10:15",
  "2024-05-01T10:15:00",
  "2024-05-01T10:15:00 or so",
])("%s is shown as it is: it is no date, or a time of nobody knows where", (value) => {
  expect(valueInWords(value)).toBe(value);
});

test("a moment is shown as such", () => {
  expect(valueInWords("2024-05-01T10:15:00+02:00")).toBe(momentInWords(new Date("2024-05-01T08:15:00Z")));
  expect(valueInWords("2024-02-29")).toBe("29 February 2024");
});

test("a country is named where a country stands, and nowhere else", () => {
  expect(valueInWords("DE", "credentialSubject.idDocumentCountry")).toBe("Germany (DE)");
  expect(valueInWords("PT", "nationality")).toBe("Portugal (PT)");
  expect(valueInWords("XX", "nationality")).toBe("XX");
  expect(valueInWords("DE", "familyName")).toBe("DE");
});
