import { fromBase64, fromHex } from "../bytes/bytes.ts";
import { PIECE_BYTES } from "../light-client/set-change.ts";
import { PROOF_BYTES, PROVED_ROWS } from "../limits.ts";
import { arrayOf, type Json, numberOf, objectOf, textOf, textOrNullOf } from "../wire/json.ts";

/** Most claims of an answer: a list, with a claim for each of its rows. */
const CLAIMS = PROVED_ROWS + 16;

/** What a claim says: `docs/proofs.md`. */
export const CLAIM_KINDS = ["row", "absent", "list", "count"] as const;
export type ClaimKind = (typeof CLAIM_KINDS)[number];

/** A row with what its leaf commits. */
export interface ClaimedRow {
  readonly table: string;
  readonly schemaVersion: number;
  readonly bytes: Uint8Array;
  /** The content of a credential, where the view shows it. */
  readonly content: string | null;
  readonly salt: Uint8Array;
}

/** One claim with its proof. */
export interface Claimed {
  readonly kind: ClaimKind;
  readonly list: Uint8Array;
  readonly count: number;
  readonly rows: readonly ClaimedRow[];
  readonly proof: Uint8Array;
}

/** A node's answer to `idos.prove`, of which nothing is believed yet. */
export interface ProvedAnswer {
  readonly height: number;
  readonly certificate: Uint8Array;
  readonly claims: readonly Claimed[];
}

/** Reads the result of `idos.prove`. */
export function parseProvedAnswer(json: Json): ProvedAnswer {
  const answer = objectOf(json, "the answer");
  return {
    height: numberOf(answer["height"], "height"),
    certificate: fromBase64(textOf(answer["certificate"], "certificate"), PIECE_BYTES),
    claims: arrayOf(answer["claims"], "claims", CLAIMS).map(parseClaim),
  };
}

function parseClaim(json: Json): Claimed {
  const claim = objectOf(json, "a claim");
  return {
    kind: textOf(claim["kind"], "kind", CLAIM_KINDS),
    list: fromHex(textOf(claim["list"], "list"), 32),
    count: numberOf(claim["count"], "count"),
    rows: arrayOf(claim["rows"], "rows", PROVED_ROWS).map(parseRow),
    proof: fromBase64(textOf(claim["proof"], "proof"), PROOF_BYTES),
  };
}

function parseRow(json: Json): ClaimedRow {
  const row = objectOf(json, "a row");
  return {
    table: textOf(row["table"], "table"),
    schemaVersion: numberOf(row["schema_version"], "schema_version"),
    bytes: fromBase64(textOf(row["row"], "row"), PIECE_BYTES),
    content: textOrNullOf(row["content"], "content"),
    salt: fromHex(textOf(row["salt"], "salt"), 32),
  };
}
