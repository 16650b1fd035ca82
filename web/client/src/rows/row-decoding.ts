import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8 } from "../bytes/bytes.ts";
import { Reader } from "../bytes/reader.ts";
import { EncodingError } from "../errors.ts";
import { type AnyRow, TABLES, tableNamed } from "./tables.ts";

/** A row with its place in lists; 0 in tables whose lists have no order. */
export type Placed = AnyRow & { readonly place: bigint };

/** Reads the canonical bytes of a row, and no others. */
export function decodeRow(tableName: string, schemaVersion: number, bytes: Uint8Array): Placed {
  const name = tableNamed(tableName);
  if (name === undefined) {
    throw new EncodingError("Unknown", "the row has an unknown table");
  }
  const table = TABLES[name];
  if (schemaVersion !== table.version) {
    throw new EncodingError(
      "Version",
      `rows of ${name} in version ${schemaVersion} are not known: update this library`,
    );
  }
  const reader = new Reader(bytes);
  const place = table.isOrdered ? reader.u64() : 0n;
  const row: Record<string, unknown> = {};
  for (const [field, read] of Object.entries(table.fields)) {
    row[field] = read(reader);
  }
  reader.finish();
  // Each field was read by the reader of its name, which is what the type of the row says.
  return { table: name, row, place } as unknown as Placed;
}

/** Throws unless a content is the one of which a credential's row holds the digest. */
export function verifyContent(contentDigest: string, content: string): void {
  if (bytesToHex(sha256(utf8(content))) !== contentDigest) {
    throw new EncodingError("Content", "the content does not belong to the row");
  }
}
