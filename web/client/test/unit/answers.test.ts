// Claims that hold, and do not answer the question.
import { expect, test } from "vitest";
import { bigEndian, bytesToHex, concatBytes, fromHex, utf8 } from "../../src/bytes/bytes.ts";
import { Checker } from "../../src/evidence/checker.ts";
import { LISTS, leafKeysOf } from "../../src/rows/leaves.ts";
import { decodeRow } from "../../src/rows/row-decoding.ts";
import { commonBits, elementOf, leafKey, listOfKey } from "../../src/tree/key.ts";
import { prefixBytes, prefixOf } from "../../src/tree/prefix.ts";
import { branchRoot, leafRoot, rowValue } from "../../src/tree/root.ts";
import { fixture } from "../support/fixtures.ts";
import { refusal } from "../support/vectors.ts";

interface RowsJson {
  rows: { table: string; schema_version: number; encoding: string; salt: string }[];
}

test("how long a list is does not hide its page", () => {
  const list = LISTS.grantsTo("bank");
  const [one, other] = [leafKey(list, elementOf(utf8("1"))), leafKey(list, elementOf(utf8("2")))];
  const prefix = prefixOf(one, commonBits(one, other));
  const sides = [2_048n, 1n].map((count) => ({ hash: new Uint8Array(32), count })) as [Side, Side];
  const root = branchRoot(prefix, ...sides);
  const proof = concatBytes(
    Uint8Array.of(2, 2),
    bigEndian(prefix.bits, 2),
    prefix.key.slice(0, prefixBytes(prefix.bits)),
    ...sides.map(({ hash, count }) => concatBytes(bigEndian(count, 8), hash)),
    new Uint8Array(4),
  );
  const claim = { kind: "count", list, count: 2_049, rows: [], proof } as const;
  const page = (offset: number, ofAll: boolean) =>
    new Checker(root, [claim]).grants("bank", { offset, rows: 10 }, ofAll);
  expect(refusal(() => page(0, true))).toBe("PartOfPage");
  expect(refusal(() => page(2_048, true))).toBe("PartOfPage");
  // Behind the end there is nothing, and of one owner's grants nothing tells how many there are.
  expect(page(2_049, true)).toEqual({ isAll: false, total: 2_049, grants: [] });
  expect(page(0, false)).toMatchObject({ grants: [] });
});

interface Side {
  readonly hash: Uint8Array;
  readonly count: bigint;
}

test("a grant that ended by this clock since the block was made is nobody's lie, and proves nothing", () => {
  const [vector] = fixture<RowsJson>("proof/rows.json").rows.filter((it) => it.table === "access_grants");
  if (vector === undefined) {
    throw new Error("there is one");
  }
  const expiry = 1_700_000_100;
  // The end stands behind that of the lock.
  const lock = bytesToHex(bigEndian(1_700_000_000, 8));
  const encoding = vector.encoding.replace(
    `${lock}${"00".repeat(8)}`,
    `${lock}${bytesToHex(bigEndian(expiry, 8))}`,
  );
  const [bytes, salt] = [fromHex(encoding), fromHex(vector.salt)];
  const { table, schema_version: schemaVersion } = vector;
  const decoded = decodeRow(table, schemaVersion, bytes);
  const { row: key } = leafKeysOf(decoded);
  const root = leafRoot({ key, value: rowValue(table, schemaVersion, bytes, salt) });
  const row = { table, schemaVersion, bytes, content: null, salt };
  const claim = {
    kind: "row",
    list: listOfKey(key),
    count: 1,
    rows: [row],
    proof: Uint8Array.of(2, 0, 0, 0, 0, 0),
  } as const;
  const grantee = decoded.table === "access_grants" ? decoded.row.grantee : "";
  const isLive = (grant: { readonly expiresAt: bigint }, at: number) => BigInt(at) < grant.expiresAt;
  const shown = (certified: number, now: number) =>
    new Checker(root, [claim]).grantsOn(grantee, isLive, certified, now).length;
  expect(shown(expiry - 1, expiry - 1)).toBe(1);
  expect(refusal(() => shown(expiry - 1, expiry + 1))).toBe("Ended");
  expect(refusal(() => shown(expiry, expiry))).toBe("OtherRow");
});
