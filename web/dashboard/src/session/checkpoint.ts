import { type Checkpoint, type IdosClient, type KeptCheckpoint, laterCheckpoint } from "idos-client";
import { keep, kept } from "./storage.ts";

const NAME = "idos-checkpoint";

/**
 * The newest checkpoint that this browser proved to itself, from the one that came with the page; that one itself if it
 * is a later one by now. Whoever can write this storage can as well change the page.
 */
export function keptCheckpoint(given: Checkpoint): Checkpoint {
  return laterCheckpoint(given, kept(NAME));
}

/** Keeps how far the client has come from the checkpoint that came with the page. */
export function keepCheckpoint(anchor: Checkpoint, client: Pick<IdosClient, "checkpoint">): void {
  const checkpoint = client.checkpoint();
  if (checkpoint !== undefined) {
    keep(NAME, { anchor, checkpoint } satisfies KeptCheckpoint);
  }
}
