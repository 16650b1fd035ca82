import type { AccessGrant, Attribute, Credential, Wallet } from "idos-client";
import { describe, expect, test, vi } from "vitest";
import { FACT_CHARS } from "../../src/limits.ts";
import { isSealed, keyFault, ownAttributes } from "../../src/rules/attributes.ts";
import { credentialFacts } from "../../src/rules/credential-facts.ts";
import { daysUntil, parseDay, seconds, shownDay, shownMoment } from "../../src/rules/dates.ts";
import { expiryOf } from "../../src/rules/expiry.ts";
import { daysFrom, grantCounts, grantsOn, heldBy, isEndAllowed, isLocked } from "../../src/rules/locks.ts";
import {
  credentialName,
  granteeName,
  humanised,
  markAmong,
  partyName,
  statusName,
  whatIsShared,
} from "../../src/rules/names.ts";
import { isDone, isNeeded, matchOf, nextStep, type Progress } from "../../src/rules/onboarding.ts";
import { renewals, renewalTerms, successorOf } from "../../src/rules/renewal.ts";
import { isFoundBy } from "../../src/rules/search.ts";
import { purposeOf } from "../../src/rules/signature-purpose.ts";
import { statusOf } from "../../src/rules/status.ts";
import { subjectFaults, subjectOf } from "../../src/rules/subject.ts";
import { isLinked, shortAddress, walletGroups } from "../../src/rules/wallets.ts";
import { NODE, ownershipText, signInText, transactionText, writeGrantText } from "../support/signed-texts.ts";

const NOW = new Date("2026-03-10T15:00:00Z");
const day = (text: string) => {
  const date = parseDay(text);
  if (date === undefined) {
    throw new Error(text);
  }
  return date;
};
const credential = (id: string, notes: object | "", more: Partial<Credential> = {}): Credential => ({
  id,
  userId: "u",
  publicNotes: notes === "" ? "" : JSON.stringify(notes),
  issuerAuthPublicKey: "aa",
  inserter: null,
  isCopy: false,
  originalId: null,
  ...more,
});
const copy = (id: string, originalId: string | null) =>
  credential(id, "", { isCopy: true, originalId, issuerAuthPublicKey: id });
const grant = (id: string, dataId: string, more: Partial<AccessGrant> = {}): AccessGrant => ({
  id,
  ownerUserId: "u",
  grantee: "BANK",
  dataId,
  lockedUntil: 0,
  contentHash: null,
  inserterType: "user",
  inserterId: "u",
  expiresAt: 0,
  ...more,
});

describe("dates", () => {
  test("days are read, and what is none is not", () => {
    expect(day("2026-03-10").toISOString()).toBe("2026-03-10T00:00:00.000Z");
    expect(parseDay("2026-03-10T23:59:59Z")).toEqual(day("2026-03-10"));
    for (const wrong of ["2026-02-30", "2026-13-01", "10.3.2026", "", 20260310, null, undefined]) {
      expect(parseDay(wrong)).toBeUndefined();
    }
    expect(shownDay(day("2026-03-01"))).toBe("1 March 2026");
    const ten = new Date(2026, 2, 1, 10, 0, 3);
    expect(shownMoment(ten, new Date(2026, 2, 1, 23, 59))).toBe("10:00:03");
    expect(shownMoment(ten, new Date(2026, 2, 2, 0, 1))).toBe("1 March 2026, 10:00:03");
    expect(seconds(new Date(1_999))).toBe(1);
  });

  test("days are counted from midnight to midnight", () => {
    expect(daysUntil(day("2026-03-10"), NOW)).toBe(0);
    expect(daysUntil(day("2026-03-11"), NOW)).toBe(1);
    expect(daysUntil(day("2026-03-09"), NOW)).toBe(-1);
  });
});

describe("expiry and status", () => {
  test("the last day still counts, and thirty days before it is soon", () => {
    expect(expiryOf(undefined, NOW).kind).toBe("never");
    expect(expiryOf(day("2026-03-10"), NOW)).toMatchObject({ kind: "soon", days: 0 });
    expect(expiryOf(day("2026-04-09"), NOW)).toMatchObject({ kind: "soon", days: 30 });
    expect(expiryOf(day("2026-04-10"), NOW).kind).toBe("later");
    expect(expiryOf(day("2026-03-09"), NOW).kind).toBe("over");
  });

  test("what has ended is expired, whatever the notes say; what is revoked stays revoked", () => {
    const over = expiryOf(day("2020-01-01"), NOW);
    const never = expiryOf(undefined, NOW);
    expect(statusOf("approved", never)).toEqual({ text: "approved", tone: "good" });
    expect(statusOf("Active", never).tone).toBe("good");
    expect(statusOf("pending", never).tone).toBe("warn");
    expect(statusOf("constructor", never).tone).toBe("neutral");
    expect(statusOf(undefined, never)).toEqual({ text: undefined, tone: "neutral" });
    expect(statusOf("approved", over)).toEqual({ text: "expired", tone: "bad" });
    expect(statusOf(undefined, over)).toEqual({ text: "expired", tone: "bad" });
    expect(statusOf("revoked", over)).toEqual({ text: "revoked", tone: "bad" });
  });
});

describe("public notes", () => {
  test("say what they say; hostile ones say nothing", () => {
    const facts = credentialFacts(
      JSON.stringify({
        id: "n1",
        type: "kyc",
        status: " approved ",
        expires: "2027-01-02",
        score: 3,
        deep: { a: 1 },
      }),
    );
    expect(facts).toMatchObject({ id: "n1", type: "kyc", status: "approved", others: [["score", "3"]] });
    expect(facts.expires).toEqual(day("2027-01-02"));
    for (const wrong of ["", "[]", "null", "{", '"text"', "12"]) {
      expect(credentialFacts(wrong)).toMatchObject({ type: undefined, expires: undefined, others: [] });
    }
    expect(credentialFacts('{"__proto__":{"type":"x"}}').type).toBeUndefined();
    expect(credentialFacts(JSON.stringify({ type: "a".repeat(10_000) })).type).toHaveLength(200);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`n${at}`, "v"]));
    expect(credentialFacts(JSON.stringify(many)).others.length).toBeLessThan(50);
    expect(credentialFacts('{"validUntil":"2027-05-06T00:00:00Z"}').expires).toEqual(day("2027-05-06"));
  });

  test("are searched by all words, as they are shown", () => {
    const notes = { type: "kyc", issuer: "Sample", level: "basic_plus", status: "approved", schema: "v1" };
    const found = (search: string, more: object = {}) =>
      isFoundBy(credential("c", { ...notes, ...more }), search, day("2026-01-01"));
    for (const search of [
      "",
      "sample KYC",
      "proof of identity",
      "basic plus",
      "approved",
      "no end",
      "Schema V1",
    ]) {
      expect(found(search), search).toBe(true);
    }
    expect(found("3 may 2027", { expires: "2027-05-03" })).toBe(true);
    expect(found("expired 2025", { expires: "2025-05-03" })).toBe(true);
    // What nobody sees: names of members, the id, marks of JSON.
    for (const search of ["kyc other", "issuer", "urn:1", "{", "basic_plus"]) {
      expect(found(search, { id: "urn:1" }), search).toBe(false);
    }
  });
});

describe("locks", () => {
  test("a lock includes its last second", () => {
    expect(isLocked(grant("g", "c", { lockedUntil: 100 }), 100)).toBe(true);
    expect(isLocked(grant("g", "c", { lockedUntil: 100 }), 101)).toBe(false);
    expect(isLocked(grant("g", "c"), 0)).toBe(false);
  });

  test("what is held is named, the longest first", () => {
    const all = [credential("o", {}), copy("c1", "o"), copy("c2", "o"), copy("x", "other")];
    const grants = [
      grant("g1", "c1", { lockedUntil: 50 }),
      grant("g2", "c2", { lockedUntil: 200 }),
      grant("g3", "c1", { lockedUntil: 300 }),
      grant("g4", "x", { lockedUntil: 300 }),
    ];
    const on = grantsOn("o", all, grants);
    expect(on.map((it) => it.id)).toEqual(["g1", "g2", "g3"]);
    const counts = grantCounts(all, [...grants, grant("g5", "o")]);
    expect([counts.get("o"), counts.get("other"), counts.get("c1")]).toEqual([4, 1, undefined]);
    expect(heldBy(on, 100).map((it) => [it.grant.id, it.until])).toEqual([
      ["g3", 300],
      ["g2", 200],
    ]);
  });

  test("a grant ends never, or after the last second of its lock", () => {
    expect(isEndAllowed(100, 0)).toBe(true);
    expect(isEndAllowed(100, 99)).toBe(false);
    expect(isEndAllowed(100, 100)).toBe(false);
    expect(isEndAllowed(100, 101)).toBe(true);
    expect([daysFrom(10, 0), daysFrom(10, 2)]).toEqual([0, 172_810]);
  });
});

describe("renewal", () => {
  const first = credential("1", { id: "n1" });
  const second = credential("2", { id: "n2", replaces: "n1" });
  const third = credential("3", { id: "n3", replaces: "n2" });

  test("the newest version is found, of the same issuer only, and circles end", () => {
    expect(successorOf(first, [first, second, third])?.id).toBe("3");
    expect(successorOf(third, [first, second, third])).toBeUndefined();
    const forged = credential("4", { id: "n4", replaces: "n1" }, { issuerAuthPublicKey: "bb" });
    expect(successorOf(first, [first, forged])).toBeUndefined();
    const circle = [credential("a", { id: "a", replaces: "b" }), credential("b", { id: "b", replaces: "a" })];
    expect(circle.map((it) => successorOf(it, circle)?.id)).toEqual([undefined, undefined]);
    const own = credential("5", { id: "s", replaces: "s" });
    expect(successorOf(own, [own])).toBeUndefined();
  });

  test("circles end, also those that are come upon on the way", () => {
    const one = (id: string, replaces: string) => credential(id, { id, replaces });
    const circle = [one("a", "c"), one("b", "a"), one("c", "b"), credential("d", { id: "a" })];
    expect(circle.slice(0, 3).map((it) => successorOf(it, circle)?.id)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const twin = [credential("1", { id: "s" }), credential("2", { id: "s", replaces: "s" })];
    expect(twin.map((it) => successorOf(it, twin)?.id)).toEqual(["2", undefined]);
  });

  test("each note is read once, however many there are and however often they are shown", () => {
    const all = Array.from({ length: 300 }, (_, at) =>
      credential(`${at}`, { id: `${at}`, replaces: `${at - 1}` }),
    );
    const parse = vi.spyOn(JSON, "parse");
    const gone = vi.spyOn(all, Symbol.iterator);
    for (let shown = 0; shown < 3; shown++) {
      expect(all.map((it) => successorOf(it, all)?.id)).toEqual([...Array(299).fill("299"), undefined]);
      renewals(all, [grant("g1", "c1")]);
    }
    expect([parse.mock.calls.length, gone.mock.calls.length]).toEqual([300, 1]);
    parse.mockRestore();
  });

  test("who has an older version is offered the newer one, once", () => {
    const all = [first, second, copy("c1", "1"), copy("c2", "2")];
    const old = grant("g1", "c1");
    expect(renewals(all, [old])).toEqual([{ old: first, next: second, grant: old }]);
    expect(renewals(all, [old, grant("g2", "c2", { grantee: "bank" })])).toEqual([]);
    expect(renewals(all, [old, grant("g2", "c2", { grantee: "other" })])).toHaveLength(1);
    expect(renewals([first, copy("c1", "1")], [old])).toEqual([]);
    expect(renewals(all, [grant("g", "unknown")])).toEqual([]);
  });

  test("lock and end go over as far as they lie ahead", () => {
    expect(renewalTerms(grant("g", "c", { lockedUntil: 200, expiresAt: 300 }), 100)).toEqual({
      lockedUntil: 200,
      expiresAt: 300,
    });
    expect(renewalTerms(grant("g", "c", { lockedUntil: 50, expiresAt: 60 }), 100)).toEqual({
      lockedUntil: 0,
      expiresAt: 0,
    });
  });
});

describe("attributes", () => {
  const attribute = (key: string, value: string, originalId: string | null = null): Attribute => ({
    id: key,
    userId: "u",
    key,
    value,
    inserter: null,
    originalId,
  });

  test("sealed values are told from plain ones; what idOS keeps there is not shown", () => {
    expect([
      isSealed("idos:box:a:b"),
      isSealed("idos:envelope:x"),
      isSealed("idos:boxed"),
      isSealed("x"),
    ]).toEqual([true, true, false, false]);
    const all = [attribute("idos:key-ring", "ring"), attribute("a", "1"), attribute("b", "2", "a")];
    expect(ownAttributes(all).map((it) => it.key)).toEqual(["a"]);
  });

  test("keys are one short line that is not taken, nor idOS's own", () => {
    const taken = [attribute("email", "x")];
    expect(keyFault("phone", taken)).toBeUndefined();
    expect(keyFault("email", taken)).toBe("taken");
    expect(keyFault(" ", taken)).toBe("empty");
    expect(keyFault("IDOS:key-ring", taken)).toBe("reserved");
    expect(keyFault("a\nb", taken)).toBe("characters");
    expect(keyFault("a".repeat(101), taken)).toBe("long");
  });
});

describe("wallets", () => {
  const wallet = (id: string, type: Wallet["type"], address: string): Wallet => ({
    id,
    userId: "u",
    type,
    address,
    publicKey: null,
    message: "",
    signature: "",
    inserter: null,
  });

  test("keys of one account are one wallet, the one in use comes first", () => {
    const all = [
      wallet("1", "NEAR", "ada.near"),
      wallet("2", "NEAR", "ada.near"),
      wallet("3", "EVM", "0xABCDEF"),
    ];
    const groups = walletGroups(all, { type: "EVM", address: "0xabcdef", publicKey: undefined });
    expect(groups.map((it) => [it.address, it.wallets.length, it.isCurrent])).toEqual([
      ["0xABCDEF", 1, true],
      ["ada.near", 2, false],
    ]);
    const xrpl = [wallet("1", "XRPL", "rAbc"), wallet("2", "XRPL", "rABC")];
    expect(walletGroups(xrpl, { type: "XRPL", address: "rAbc", publicKey: "" })).toHaveLength(2);
  });

  test("an account is linked already by its address, and one of NEAR by its key", () => {
    const linked = [
      { id: "1", userId: "u", type: "EVM", address: "0xABCDEF", publicKey: null },
      { id: "2", userId: "u", type: "NEAR", address: "ada.near", publicKey: "ed25519:1" },
    ] as unknown as readonly Wallet[];
    const is = (type: Wallet["type"], address: string, publicKey?: string) =>
      isLinked(linked, { type, address, publicKey });
    expect(is("EVM", "0xabcdef")).toBe(true);
    expect(is("EVM", "0xabcdee")).toBe(false);
    expect(is("XRPL", "0xabcdef")).toBe(false);
    expect(is("NEAR", "ada.near", "ed25519:1")).toBe(true);
    expect(is("NEAR", "ada.near", "ed25519:2")).toBe(false);
  });

  test("addresses are shortened in the middle", () => {
    expect(shortAddress("ada.near")).toBe("ada.near");
    expect(shortAddress("0x1234567890abcdef1234")).toBe("0x123456…ef1234");
  });
});

describe("what a wallet signs", () => {
  test("is told from the very text", async () => {
    expect(purposeOf(await signInText())).toEqual({ kind: "sign-in", node: NODE });
    expect(purposeOf(await ownershipText())).toEqual({ kind: "ownership" });
    expect(purposeOf(await writeGrantText())).toEqual({ kind: "write-grant" });
    expect(purposeOf(await transactionText())).toEqual({
      kind: "transaction",
      description: "Remove a wallet from idOS",
    });
  });

  test("is unknown of what the SDK does not compose", async () => {
    for (const composed of [signInText, ownershipText, writeGrantText, transactionText]) {
      expect(purposeOf(`a\n${await composed()}`)).toEqual({ kind: "other" });
    }
    expect(purposeOf("")).toEqual({ kind: "other" });
  });
});

describe("joining", () => {
  const fresh: Progress = {
    hasKeys: false,
    hasProfile: false,
    needsKeyRing: false,
    hasKeyRing: false,
    needsRecovery: false,
    hasRecovery: false,
    hasCredential: false,
  };

  test("goes on from what is there", () => {
    expect(nextStep(fresh)).toBe("keys");
    const made = { ...fresh, hasKeys: true, needsKeyRing: true, needsRecovery: true };
    expect(nextStep(made)).toBe("profile");
    expect(nextStep({ ...made, hasProfile: true })).toBe("key-ring");
    expect(nextStep({ ...made, hasProfile: true, hasKeyRing: true })).toBe("recovery");
    const linked = { ...made, hasProfile: true, hasKeyRing: true, hasRecovery: true };
    expect(nextStep(linked)).toBe("credential");
    expect(nextStep({ ...linked, hasCredential: true })).toBeUndefined();
  });

  test("is about one profile with one key", () => {
    const keys = { encryptionPublicKey: "key" };
    const profile = { id: "u", encryptionPublicKey: "key" };
    expect(matchOf({ userId: "u", keys }, profile)).toBe("own");
    expect(matchOf({ userId: "u", keys: null }, profile)).toBe("own");
    expect(matchOf({ userId: "other", keys }, profile)).toBe("other-profile");
    expect(matchOf({ userId: "other", keys: null }, profile)).toBe("other-profile");
    expect(matchOf({ userId: "u", keys }, { ...profile, encryptionPublicKey: "other" })).toBe("other-key");
  });

  test("has no steps that nobody needs", () => {
    expect(isNeeded("recovery", fresh)).toBe(false);
    expect(isNeeded("key-ring", { ...fresh, needsKeyRing: true })).toBe(true);
    expect(isDone("keys", { ...fresh, hasProfile: true })).toBe(true);
  });
});

describe("what a person says of themselves", () => {
  const typed = {
    firstName: " Ada ",
    familyName: "Lovelace",
    dateOfBirth: "1990-04-30",
    nationality: "pt",
    idDocumentCountry: "PT",
    idDocumentNumber: "P1",
    idDocumentType: "PASSPORT",
  };

  test("is sent trimmed, with countries in capitals", () => {
    expect(subjectFaults(typed, NOW)).toEqual({});
    const subject = subjectOf(typed, undefined);
    expect(subject).toMatchObject({ firstName: "Ada", nationality: "PT" });
    expect("residentialAddressCountry" in subject).toBe(false);
    expect(subjectOf({ ...typed, residentialAddressCountry: "de" }, "data:x")).toMatchObject({
      residentialAddressCountry: "DE",
      portrait: "data:x",
    });
  });

  test("is refused with the field at fault", () => {
    expect(Object.keys(subjectFaults({}, NOW))).toHaveLength(7);
    expect(subjectFaults({ ...typed, nationality: "PRT" }, NOW)).toEqual({ nationality: "country" });
    expect(subjectFaults({ ...typed, residentialAddressCountry: "1" }, NOW)).toEqual({
      residentialAddressCountry: "country",
    });
    expect(subjectFaults({ ...typed, dateOfBirth: "1990-02-31" }, NOW)).toEqual({ dateOfBirth: "day" });
    expect(subjectFaults({ ...typed, dateOfBirth: "2030-01-01" }, NOW)).toEqual({ dateOfBirth: "future" });
    expect(subjectFaults({ ...typed, firstName: "a\tb" }, NOW)).toEqual({ firstName: "characters" });
  });

  test("has as many characters as the issuer takes, of whatever script", () => {
    for (const character of ["a", "é", "𠮷"]) {
      const most = character.repeat(FACT_CHARS);
      expect(subjectFaults({ ...typed, firstName: most, idDocumentNumber: ` ${most} ` }, NOW)).toEqual({});
      expect(subjectFaults({ ...typed, firstName: most + character }, NOW)).toEqual({ firstName: "long" });
    }
  });
});

describe("names", () => {
  test("are known ones, or readable ones", () => {
    expect(credentialName({ type: "KYC" })).toBe("Proof of identity");
    expect(credentialName({ type: "proofOfAddress" })).toBe("Proof of address");
    expect(credentialName({ type: undefined })).toBe("Credential");
    expect(credentialName({ type: "constructor" })).toBe("Constructor");
    expect(statusName("approved")).toBe("Approved");
    expect(humanised("two_words")).toBe("Two words");
  });

  test("grantees are parties by their published name, else addresses", () => {
    const keys = {
      version: 1,
      name: "Bank",
      did: null,
      signingPublicKey: "",
      encryptionPublicKey: "",
      signature: "",
      height: 1,
    };
    const parties = [{ id: "p", address: "bank", roles: [], keys }];
    expect(granteeName("BANK", parties)).toBe("Bank");
    expect(granteeName("other", parties)).toBe("other");
    const named = (name: string) =>
      partyName({ id: "p", address: "bank", roles: [], keys: { ...keys, name } }, []);
    expect([named("B\u202ea\u200bnk"), named("\u2066")]).toEqual(["Bank", "bank"]);
    // Who calls itself like another one is told apart by its address.
    const other = {
      id: "q",
      address: "0x1234567890abcdef1234",
      roles: [],
      keys: { ...keys, name: "bank\u200b" },
    };
    const both = [...parties, other];
    expect(both.map((it) => partyName(it, both))).toEqual(["Bank (bank)", "bank (0x123456…ef1234)"]);
    expect(granteeName(other.address, both)).toBe("bank (0x123456…ef1234)");
    expect(granteeName(other.address, [other])).toBe("bank");
    const all = [credential("o", { type: "kyc" }), copy("c", "o")];
    expect(whatIsShared(grant("g", "c"), all)).toBe("Proof of identity");
    expect(whatIsShared(grant("g", "gone"), all)).toBe("A credential that you deleted");
    expect(whatIsShared(grant("g", "left"), [...all, copy("left", null)])).toBe(
      "A credential that you deleted",
    );
    // Of two that are called the same, the last day tells which.
    const day = { type: "kyc", expires: "2027-05-03" };
    const dated = [credential("d", day), copy("e", "d")];
    expect(whatIsShared(grant("g", "e"), dated)).toBe("Proof of identity");
    expect(whatIsShared(grant("g", "e"), [...all, ...dated])).toBe(
      "Proof of identity, valid until 3 May 2027",
    );
    expect(whatIsShared(grant("g", "c"), [...all, ...dated])).toBe("Proof of identity");
    // Of two with the same last day, the end of the id does: of the one that is shown of it.
    const twins = [...dated, credential("0000-twin", { ...day, id: "urn:1-2-twin2" })];
    expect(whatIsShared(grant("g", "e"), twins)).toBe("Proof of identity, valid until 3 May 2027 (…d)");
    const marks = (of: readonly Credential[]) => of.filter((it) => !it.isCopy).map((it) => markAmong(it, of));
    expect(marks(twins)).toEqual(["…d", "…-2-twin2"]);
    expect(marks([...all, ...dated])).toEqual([undefined, undefined]);
  });
});
