// Claims that hold, and do not answer the question.
import { expect, test } from "vitest";
import { bigEndian, concatBytes, utf8 } from "../../src/bytes/bytes.ts";
import { Checker } from "../../src/evidence/checker.ts";
import { LISTS } from "../../src/rows/leaves.ts";
import { commonBits, elementOf, leafKey } from "../../src/tree/key.ts";
import { prefixBytes, prefixOf } from "../../src/tree/prefix.ts";
import { branchRoot } from "../../src/tree/root.ts";
import { refusal } from "../support/vectors.ts";

test("how long a list is does not hide its page", () => {
  const list = LISTS.grantsTo("bank");
  const [one, other] = [leafKey(list, elementOf(utf8("1"))), leafKey(list, elementOf(utf8("2")))];
  const prefix = prefixOf(one, commonBits(one, other));
  const sides = [2_048n, 1n].map((count) => ({ hash: new Uint8Array(32), count })) as [Side, Side];
  const root = branchRoot(prefix, ...sides);
  const proof = concatBytes(
    Uint8Array.of(1, 2),
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
