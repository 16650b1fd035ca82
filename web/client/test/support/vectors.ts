// Shapes of `fixtures/proof`, and how claims in them become claims.
import { fromHex } from "../../src/bytes/bytes.ts";
import { IdosError } from "../../src/errors.ts";
import { type Claim, verifyClaim } from "../../src/tree/claim.ts";
import { decodeProof } from "../../src/tree/proof.ts";
import type { Root } from "../../src/tree/root.ts";

export interface RootJson {
  hash: string;
  count: string;
}
export interface LeafJson {
  key: string;
  value: string;
}
interface ElementJson {
  element: string;
  value: string;
}
export interface CaseJson {
  name: string;
  root: RootJson;
  proof: string;
  refused: string | null;
  claim: {
    kind: Claim["kind"];
    leaf: LeafJson;
    key: string;
    list: string;
    elements: ElementJson[];
    count: string;
    offset: string;
    limit: string;
    total: string;
  };
}

export const rootOf = ({ hash, count }: RootJson): Root => ({ hash: fromHex(hash), count: BigInt(count) });
export const leafOf = ({ key, value }: LeafJson) => ({ key: fromHex(key), value: fromHex(value) });

export function claimOf({ claim }: CaseJson): Claim {
  const list = () => fromHex(claim.list);
  const elements = () =>
    claim.elements.map(({ element, value }) => ({ element: fromHex(element), value: fromHex(value) }));
  switch (claim.kind) {
    case "leaf":
      return { kind: "leaf", leaf: leafOf(claim.leaf) };
    case "absent":
      return { kind: "absent", key: fromHex(claim.key) };
    case "list":
      return { kind: "list", list: list(), elements: elements() };
    case "count":
      return { kind: "count", list: list(), count: BigInt(claim.count) };
    case "page":
      return {
        kind: "page",
        list: list(),
        offset: BigInt(claim.offset),
        limit: BigInt(claim.limit),
        total: BigInt(claim.total),
        elements: elements(),
      };
  }
}

/** Why something is refused, by the name of the reason; null if it is not. */
export function refusal(work: () => void): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof IdosError) {
      return error.reason;
    }
    throw error;
  }
}

export const verdict = (it: CaseJson, proof = fromHex(it.proof)): string | null =>
  refusal(() => verifyClaim(decodeProof(proof), rootOf(it.root), claimOf(it)));
