import type { Checkpoint, IdosClient } from "idos-client";
import { asObject, keep, kept } from "./storage.ts";

const NAME = "idos-checkpoint";

/**
 * The newest checkpoint that this browser proved to itself, of the same chain, if it is ahead of the one that came with
 * the page. Whoever can write this storage can as well change the page.
 */
export function keptCheckpoint(given: Checkpoint): Checkpoint {
  const { chainId, epoch, sets } = asObject(kept(NAME)) ?? {};
  const [current, next] = Array.isArray(sets) ? sets : [];
  const isOne =
    chainId === given.chainId &&
    typeof epoch === "string" &&
    /^\d{1,18}$/.test(epoch) &&
    typeof current === "string" &&
    typeof next === "string";
  return isOne && BigInt(epoch) > BigInt(given.epoch)
    ? { chainId: given.chainId, epoch, sets: [current, next] }
    : given;
}

/** Keeps how far the client has come. */
export function keepCheckpoint(client: IdosClient): void {
  const checkpoint = client.checkpoint();
  if (checkpoint !== undefined) {
    keep(NAME, checkpoint);
  }
}
