import { IdosError } from "../errors.ts";
import { UnprovedError } from "../nodes/node-error.ts";
import type { Nodes } from "../nodes/nodes.ts";
import { pause } from "./pause.ts";
import type { Receipt } from "./transactions.ts";

/**
 * Milliseconds for which a write is looked for in the state, and between two looks. Each node shows what was executed
 * before it answers, so this is for nodes that fail.
 */
const SHOWS_WITHIN_MILLIS = 3_000;
const LOOK_MILLIS = 200;

/**
 * Waits until a proof shows what a node says was executed: it could have dropped it. Each look asks another node first.
 * Rejects with an {@link UnprovedError}.
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
      nodes.passOver(receipt.node);
      throw new UnprovedError(receipt.hash, receipt.node, { cause });
    }
    nodes.passOver();
    await pause(LOOK_MILLIS);
  }
}
