import { limit } from "idos-testing/limits";
import { expect, test } from "vitest";
import { ARGUMENTS } from "../../src/frame/arguments.ts";

const id = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
const credential = { id, content: "AA==", encryptorPublicKey: "AA==", publicNotes: null };
const recipient = { kind: "party", partyId: id };
const share = { credential, recipient, lockedUntil: 0, expiresAt: 0 };
const holder = { userId: id, encryptionPublicKey: "AA==", keyRing: null };

const LONGEST_GRANTEE = Number(limit("ADDRESS_BYTES"));
const LONGEST_NOTES = Number(limit("PUBLIC_NOTES_BYTES"));
const LONGEST_VALUE = Number(limit("ATTRIBUTE_VALUE_BYTES"));
const showWith = (notes: string) => ARGUMENTS.show({ credential: { ...credential, publicNotes: notes } });
const showAttribute = (value: string) => ARGUMENTS.showAttributes({ attributes: [{ id, key: "k", value }] });

const filterBy = (condition: object) => ARGUMENTS.filter({ credentials: [], conditions: [condition] });
const shareWith = (grantee: string) =>
  ARGUMENTS.share({ ...share, recipient: { kind: "unlisted", grantee, encryptionPublicKey: "AA==" } });

test("recipients and dates as they should be are read as they are", () => {
  expect(shareWith("0xAb-1").recipient).toMatchObject({ grantee: "0xAb-1" });
  const condition = { path: ["dateOfBirth"], is: "before", value: "2008-02-29" };
  expect(filterBy(condition).conditions).toEqual([condition]);
});

test("a question of as much as a person can read is read", () => {
  const condition = { path: ["nationality"], is: "in", value: Array(100).fill("Ação-ქართული") };
  expect(filterBy(condition).conditions).toEqual([condition]);
});

test("what is known is read, and what is not is left out", () => {
  expect(ARGUMENTS.share({ ...share, more: 1, recipient: { ...recipient, name: "x" } })).toEqual(share);
  expect(ARGUMENTS.share({ ...share, holder: { ...holder, x: 1 } })).toEqual({ ...share, holder });
  expect(ARGUMENTS.unlock({ ...holder, keyRing: undefined })).toEqual(holder);
  expect(ARGUMENTS.changeFactors({ ...holder, change: { kind: "remove", factorId: 2 } })).toMatchObject({
    change: { kind: "remove", factorId: 2 },
  });
});

test("as many as a person can have are read", () => {
  const conditions = [{ path: ["nationality"], is: "equal", value: "PT" }];
  const credentials = Array(2_048).fill({ ...credential, content: "A".repeat(125_000) });
  expect(ARGUMENTS.filter({ credentials, conditions }).credentials).toHaveLength(2_048);
  const attribute = { id, key: "k".repeat(1_024), value: "x" };
  const attributes = Array(1_024).fill(attribute);
  expect(ARGUMENTS.showAttributes({ attributes }).attributes).toHaveLength(1_024);
  const part = { credentials: Array(2_048).fill(credential), attributes, record: null };
  expect(ARGUMENTS.export(part)).toEqual({ ...part, more: false });
  expect(ARGUMENTS.exportPart({ ...part, isLast: true })).toEqual({ ...part, isLast: true });
  expect(ARGUMENTS.exportPart(null)).toBeNull();
});

test("texts as long as nodes store them are read", () => {
  const grantee = "g".repeat(LONGEST_GRANTEE);
  expect(shareWith(grantee).recipient).toMatchObject({ grantee });
  const [notes, value] = ["n".repeat(LONGEST_NOTES), "v".repeat(LONGEST_VALUE)];
  expect(showWith(notes).credential.publicNotes).toBe(notes);
  expect(showAttribute(value).attributes[0]?.value).toBe(value);
  expect(ARGUMENTS.editAttribute({ id, key: "k", value }).value).toBe(value);
});

test.each<[string, () => unknown]>([
  ["no object", () => ARGUMENTS.share(null)],
  ["a list", () => ARGUMENTS.share([])],
  ["an id that is none", () => ARGUMENTS.show({ credential: { ...credential, id: "../x" } })],
  [
    "a content without end",
    () => ARGUMENTS.show({ credential: { ...credential, content: "A".repeat(8_000_001) } }),
  ],
  [
    "credentials without end",
    () =>
      ARGUMENTS.filter({
        credentials: Array(2_049).fill(credential),
        conditions: [{ path: ["nationality"], is: "equal", value: "PT" }],
      }),
  ],
  [
    "too much together",
    () =>
      ARGUMENTS.filter({
        credentials: Array(33).fill({ ...credential, content: "A".repeat(7_900_000) }),
        conditions: [{ path: ["nationality"], is: "equal", value: "PT" }],
      }),
  ],
  [
    "too much in one part",
    () =>
      ARGUMENTS.export({
        credentials: Array(9).fill({ ...credential, content: "A".repeat(7_900_000) }),
        attributes: [],
        record: null,
      }),
  ],
  [
    "a part that does not say whether it is the last",
    () => ARGUMENTS.exportPart({ credentials: [], attributes: [] }),
  ],
  ["public notes that no node stores", () => showWith("n".repeat(LONGEST_NOTES + 1))],
  ["a value that no node stores", () => showAttribute("v".repeat(LONGEST_VALUE + 1))],
  [
    "a value to edit that no node stores",
    () => ARGUMENTS.editAttribute({ id, key: "k", value: "v".repeat(LONGEST_VALUE + 1) }),
  ],
  ["a recipient of no kind", () => ARGUMENTS.share({ ...share, recipient: { kind: "friend" } })],
  ["a negative time", () => ARGUMENTS.share({ ...share, lockedUntil: -1 })],
  ["a time that is no whole second", () => ARGUMENTS.share({ ...share, expiresAt: 0.5 })],
  ["a time beyond all calendars", () => ARGUMENTS.share({ ...share, expiresAt: 1e15 })],
  [
    "a condition that is none",
    () => ARGUMENTS.filter({ credentials: [], conditions: [{ path: ["x"], is: "like", value: "" }] }),
  ],
  [
    "a factor that is none",
    () => ARGUMENTS.changeFactors({ ...holder, change: { kind: "remove", factorId: "1" } }),
  ],
  ["compatible as a text", () => ARGUMENTS.create({ userId: id, compatible: "yes" })],
  ["a key ring without end", () => ARGUMENTS.unlock({ ...holder, keyRing: "A".repeat(32_001) })],
  ["a text to sign without end", () => ARGUMENTS.signAsRecovery({ text: "A".repeat(70_000) })],
  ["no conditions", () => ARGUMENTS.filter({ credentials: [], conditions: [] })],
  ["a path with what is not seen", () => filterBy({ path: ["x\n"], is: "equal", value: "PT" })],
  ["more values than anybody reads", () => filterBy({ path: ["x"], is: "in", value: Array(257).fill("PT") })],
  [
    "more values than anybody reads, in several conditions",
    () => {
      const condition = { path: ["x"], is: "in", value: Array(129).fill("PT") };
      return ARGUMENTS.filter({ credentials: [], conditions: [condition, condition] });
    },
  ],
  [
    "more characters than anybody reads",
    () => filterBy({ path: ["x"], is: "in", value: Array(4).fill("v".repeat(500)) }),
  ],
  ["a condition on nothing", () => filterBy({ path: [], is: "equal", value: "x" })],
  ["a date in words", () => filterBy({ path: ["dateOfBirth"], is: "before", value: "yesterday" })],
  ["a day that no calendar has", () => filterBy({ path: ["dateOfBirth"], is: "after", value: "1990-02-31" })],
  ["dates in a list", () => filterBy({ path: ["dateOfBirth"], is: "after", value: ["1990-02-01"] })],
  ["a recipient of nothing", () => shareWith("")],
  ["a recipient with a character that cannot be seen", () => shareWith("ba\u200bnk")],
  ["a recipient with letters of another script", () => shareWith("b\u0430nk")],
  ["a recipient with a space", () => shareWith("bank ")],
  ["a recipient without end", () => shareWith("a".repeat(LONGEST_GRANTEE + 1))],
])("%s is refused as the page's fault", (_, read) => {
  expect(read).toThrow(expect.objectContaining({ reason: "BadRequest" }));
});
