import { bytesToHex, compareBytes, equalBytes } from "../bytes/bytes.ts";
import { IdosError } from "../errors.ts";
import { PROVED_ROWS } from "../limits.ts";
import { type LeafKeys, LISTS, leafKeysOf } from "../rows/leaves.ts";
import { decodeRow, type Placed, verifyContent } from "../rows/row-decoding.ts";
import type { RowOf, TableName } from "../rows/tables.ts";
import { type Claim, type Element, verifyClaim } from "../tree/claim.ts";
import { elementOfKey, listOfKey } from "../tree/key.ts";
import { decodeProof } from "../tree/proof.ts";
import { indexValue, type Root, rowValue } from "../tree/root.ts";
import { AnswerError, type AnswerReason } from "./answer-error.ts";
import type { Claimed, ClaimedRow } from "./proved-answer.ts";

/** A proved row of one table, with its place in lists. */
export interface Found<T extends TableName> {
  readonly place: bigint;
  readonly row: RowOf<T>;
  /** The content of a credential, where it is shown. */
  readonly content: string | null;
}

interface Proved {
  readonly placed: Placed;
  readonly keys: LeafKeys;
  readonly content: string | null;
}

/** Every grant to a grantee, or, if they are too many, some of so many. */
export type Grants =
  | { readonly isAll: true; readonly grants: readonly Found<"access_grants">[] }
  | { readonly isAll: false; readonly total: number; readonly grants: readonly Found<"access_grants">[] };

/** Which page: after how many rows, and of how many. */
export interface Page {
  readonly offset: number;
  readonly rows: number;
}

/** Takes claim after claim, and checks that it is the one in question and holds. */
export class Checker {
  readonly #root: Root;
  readonly #claims: readonly Claimed[];
  /** How many claims have been taken; of the claim in hand, its number. */
  #taken = 0;

  constructor(root: Root, claims: readonly Claimed[]) {
    this.#root = root;
    this.#claims = claims;
  }

  /** The row with this leaf; undefined if there is none. */
  row<T extends TableName>(table: T, key: Uint8Array, contents = false): Found<T> | undefined {
    const claim = this.#nextOf(listOfKey(key));
    switch (claim.kind) {
      case "row": {
        const proved = this.#provedRow(claim, contents);
        if (!equalBytes(proved.keys.row, key)) {
          throw this.#otherRow();
        }
        return this.#of(table, proved);
      }
      case "absent":
        this.#prove(claim.proof, { kind: "absent", key });
        return undefined;
      default:
        throw this.#wrongKind(claim);
    }
  }

  /** Every row of a list, contents of credentials hidden. */
  list<T extends TableName>(table: T, list: Uint8Array): Found<T>[] {
    const claim = this.#nextOf(list);
    if (claim.kind !== "list") {
      throw this.#wrongKind(claim);
    }
    return this.#provedList(table, claim);
  }

  /**
   * The grants to a grantee; of too many those that are shown: of the grants of all owners as many as are on the page,
   * of those of one, of whom nothing tells how many there are, no more than that.
   */
  grants(grantee: string, { offset, rows }: Page, ofAll: boolean): Grants {
    const list = LISTS.grantsTo(grantee);
    const claim = this.#nextOf(list);
    if (claim.kind === "list") {
      return { isAll: true, grants: this.#provedList("access_grants", claim) };
    }
    if (claim.kind !== "count") {
      throw this.#wrongKind(claim);
    }
    if (claim.count <= PROVED_ROWS) {
      throw this.#fault("TooFew", `a list of ${claim.count} rows has to be shown as a whole`);
    }
    this.#prove(claim.proof, { kind: "count", list, count: BigInt(claim.count) });
    const counted = this.#taken;
    const onPage = Math.max(0, Math.min(rows, claim.count - offset));
    const [grants, seen] = [[] as Found<"access_grants">[], new Set<string>()];
    while (this.#taken < this.#claims.length) {
      const proved = this.#provedRow(this.#nextOf(list), false);
      const key = bytesToHex(proved.keys.row);
      if (!equalBytes(listOfKey(proved.keys.row), list) || seen.has(key)) {
        throw this.#otherRow();
      }
      seen.add(key);
      grants.push(this.#of("access_grants", proved));
      if (grants.length > onPage) {
        throw this.#tooMany();
      }
    }
    if (ofAll && grants.length < onPage) {
      const text = `${grants.length} rows follow, where ${onPage} are on the page`;
      throw new AnswerError("PartOfPage", counted, text);
    }
    return { isAll: false, total: claim.count, grants };
  }

  /**
   * A grant to a grantee that `permits` at a time by the caller's clock; if there is none, every grant to the grantee.
   * One that permitted when the block was made and has ended since is no lie, but would hide one that has not.
   */
  grantsOn(
    grantee: string,
    permits: (grant: RowOf<"access_grants">, at: number) => boolean,
    certified: number,
    now: number,
  ): readonly Found<"access_grants">[] {
    const list = LISTS.grantsTo(grantee);
    const claim = this.#nextOf(list);
    switch (claim.kind) {
      case "list":
        return this.#provedList("access_grants", claim);
      case "row": {
        const proved = this.#provedRow(claim, false);
        const found = this.#of("access_grants", proved);
        if (!equalBytes(listOfKey(proved.keys.row), list) || !permits(found.row, certified)) {
          throw this.#otherRow();
        }
        if (!permits(found.row, now)) {
          throw this.#fault("Ended", "the grant has ended by this machine's clock");
        }
        return [found];
      }
      default:
        throw this.#wrongKind(claim);
    }
  }

  /** Throws if there are claims that nobody asked for. */
  finish(): void {
    const left = this.#claims.length - this.#taken;
    if (left > 0) {
      throw new AnswerError("Superfluous", 0, `the node's answer has ${left} claims that nobody asked for`);
    }
  }

  #next(): Claimed {
    const claim = this.#claims[this.#taken];
    this.#taken += 1;
    if (claim === undefined) {
      throw this.#fault("Missing", "it is missing");
    }
    const rows = claim.rows.length;
    const fits = {
      row: rows === 1 && claim.count === 1,
      absent: rows === 0 && claim.count === 0,
      list: rows === claim.count,
      count: rows === 0,
    };
    if (!fits[claim.kind]) {
      throw this.#fault("Shape", "the number of its rows does not fit");
    }
    if (rows > PROVED_ROWS) {
      throw this.#tooMany();
    }
    return claim;
  }

  #nextOf(list: Uint8Array): Claimed {
    const claim = this.#next();
    if (!equalBytes(claim.list, list)) {
      throw this.#otherList();
    }
    return claim;
  }

  /** The one row of a claim, wherever it is in the state. */
  #provedRow(claim: Claimed, contents: boolean): Proved {
    const [row] = claim.rows;
    if (row === undefined) {
      throw this.#wrongKind(claim);
    }
    const proved = this.#decode(row, contents);
    const leaf = { key: proved.keys.row, value: committed(row) };
    this.#prove(claim.proof, { kind: "leaf", leaf });
    return proved;
  }

  /** All rows of a claim about a list, each by the leaf that it has there. */
  #provedList<T extends TableName>(table: T, claim: Claimed): Found<T>[] {
    const { list } = claim;
    const [rows, elements]: [Found<T>[], Element[]] = [[], []];
    for (const row of claim.rows) {
      const proved = this.#decode(row, false);
      const { keys } = proved;
      const key = [keys.row, ...keys.index].find((it) => equalBytes(listOfKey(it), list));
      if (key === undefined) {
        throw this.#otherRow();
      }
      const value = committed(row);
      elements.push({
        element: elementOfKey(key),
        value: key === keys.row ? value : indexValue(list, value, row.salt),
      });
      rows.push(this.#of(table, proved));
    }
    elements.sort((one, other) => compareBytes(one.element, other.element));
    this.#prove(claim.proof, { kind: "list", list, elements });
    return rows;
  }

  #prove(proof: Uint8Array, claim: Claim): void {
    const decoded = attempt("Proof", this.#taken, () => decodeProof(proof));
    attempt("NotProved", this.#taken, () => verifyClaim(decoded, this.#root, claim));
  }

  #decode(row: ClaimedRow, contents: boolean): Proved {
    return attempt("Row", this.#taken, () => {
      const placed = decodeRow(row.table, row.schemaVersion, row.bytes);
      const isShown = contents && placed.table === "credentials";
      if (isShown !== (row.content !== null)) {
        throw this.#fault("Row", "a content is missing, or has no place here");
      }
      if (placed.table === "credentials" && row.content !== null) {
        verifyContent(placed.row.contentDigest, row.content);
      }
      return { placed, keys: leafKeysOf(placed), content: row.content };
    });
  }

  /** A row where another kind belongs is none: no leaf has such a key. */
  #of<T extends TableName>(table: T, { placed, content }: Proved): Found<T> {
    if (placed.table !== table) {
      throw this.#otherRow();
    }
    // `placed.table` is `table`, so its row is one of that table.
    return { place: placed.place, row: placed.row as unknown as RowOf<T>, content };
  }

  #fault(reason: AnswerReason, message: string): AnswerError {
    return new AnswerError(reason, this.#taken, message);
  }

  #wrongKind(claim: Claimed): AnswerError {
    return this.#fault("Kind", `a claim of the kind "${claim.kind}" does not answer the question`);
  }

  #otherList(): AnswerError {
    return this.#fault("OtherList", "it is about another list");
  }

  #otherRow(): AnswerError {
    return this.#fault("OtherRow", "it shows another row");
  }

  #tooMany(): AnswerError {
    return this.#fault("TooMany", "it has too many rows");
  }
}

function committed(row: ClaimedRow): Uint8Array {
  return rowValue(row.table, row.schemaVersion, row.bytes, row.salt);
}

/** Says of which claim an error is. */
function attempt<T>(reason: AnswerReason, number: number, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof IdosError && !(cause instanceof AnswerError)) {
      throw new AnswerError(reason, number, cause.message, { cause });
    }
    throw cause;
  }
}
