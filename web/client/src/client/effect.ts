import { IdosError } from "../errors.ts";
import { RefusedError, UnprovableError, UnprovedError } from "../nodes/node-error.ts";
import type { Nodes } from "../nodes/nodes.ts";
import { pause } from "./pause.ts";
import type { Receipt } from "./transactions.ts";

/**
 * Milliseconds for which a write is looked for in the state, and between two looks. Each node shows what was executed
 * before it answers, so this is for nodes that fail.
 */
const SHOWS_WITHIN_MILLIS = 3_000;
const LOOK_MILLIS = 200;
/** The code by which a node says that there is no proof of what is asked. */
const NOT_PROVABLE = -300;

/** Whether every node that answered refuses to prove what was asked: a list may have more rows than an answer shows. */
export function isBeyondProof(error: unknown): boolean {
  return error instanceof RefusedError && error.code === NOT_PROVABLE;
}

/**
 * Waits until a proof shows what a node says was executed: it could have dropped it. Each look asks another node first.
 * Rejects with an {@link UnprovedError}, or with an {@link UnprovableError} if the nodes refuse to prove it.
 */
export async function shown(
  nodes: Nodes,
  receipt: Receipt,
  isShown: () => Promise<boolean>,
): Promise<Receipt> {
  const end = Date.now() + SHOWS_WITHIN_MILLIS;
  for (;;) {
    let cause: unknown;
    try {
      if (await isShown()) {
        return receipt;
      }
    } catch (error) {
      if (!(error instanceof IdosError)) {
        throw error;
      }
      cause = error;
    }
    if (Date.now() >= end) {
      if (isBeyondProof(cause)) {
        throw new UnprovableError(receipt.hash, { cause });
      }
      nodes.passOver(receipt.node);
      throw new UnprovedError(receipt.hash, receipt.node, { cause });
    }
    nodes.passOver();
    await pause(LOOK_MILLIS);
  }
}
