import { describe, expect, test } from "vitest";
import { bytesToHex, fromHex } from "../../src/bytes/bytes.ts";
import { leafKeysOf } from "../../src/rows/leaves.ts";
import { decodeRow, verifyContent } from "../../src/rows/row-decoding.ts";
import { TABLES } from "../../src/rows/tables.ts";
import { listOfKey } from "../../src/tree/key.ts";
import { indexValue, rowValue } from "../../src/tree/root.ts";
import { fixture } from "../support/fixtures.ts";
import { refusal } from "../support/vectors.ts";

interface RowsJson {
  rows: {
    table: string;
    schema_version: number;
    encoding: string;
    content: string | null;
    salt: string;
    leaf_key: string;
    leaf_value: string;
    index: { key: string; value: string }[];
  }[];
}

const vectors = fixture<RowsJson>("proof/rows.json");
const decode = (it: RowsJson["rows"][number], bytes = fromHex(it.encoding)) =>
  decodeRow(it.table, it.schema_version, bytes);

describe("rows are read, and their leaves are where the vectors say", () => {
  test.each(vectors.rows.map((it, at) => [it.table, at, it] as const))("%s, number %i", (_, __, it) => {
    const found = decode(it);
    const keys = leafKeysOf(found);
    expect(bytesToHex(keys.row)).toBe(it.leaf_key);
    const value = rowValue(it.table, it.schema_version, fromHex(it.encoding), fromHex(it.salt));
    expect(bytesToHex(value)).toBe(it.leaf_value);
    const index = keys.index.map((key) => ({
      key: bytesToHex(key),
      value: bytesToHex(indexValue(listOfKey(key), value, fromHex(it.salt))),
    }));
    expect(index).toEqual(it.index);
    if (found.table === "credentials") {
      verifyContent(found.row.contentDigest, it.content ?? "");
      expect(refusal(() => verifyContent(found.row.contentDigest, `${it.content}x`))).toBe("Content");
    }
  });

  test("of every table there is one", () => {
    expect(new Set(vectors.rows.map((it) => it.table))).toEqual(new Set(Object.keys(TABLES)));
  });
});

test("what is no row is refused, and by nothing but a typed error", () => {
  for (const it of vectors.rows) {
    const bytes = fromHex(it.encoding);
    for (let length = 0; length < bytes.length; length++) {
      expect(
        refusal(() => void decode(it, bytes.slice(0, length))),
        it.table,
      ).not.toBeNull();
    }
    expect(refusal(() => void decode(it, Uint8Array.of(...bytes, 0)))).toBe("Trailing");
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      refusal(() => void decode(it, changed));
    }
    expect(refusal(() => void decodeRow(it.table, 2, bytes))).toBe("Version");
  }
  for (const table of ["none", "toString", "__proto__"]) {
    expect(refusal(() => void decodeRow(table, 1, new Uint8Array()))).toBe("Unknown");
  }
});
