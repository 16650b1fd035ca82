import { type Checkpoint, type IdosClient, laterCheckpoint } from "idos-client";
import { keep, kept } from "./storage.ts";

const NAME = "idos-checkpoint";

/**
 * The newest checkpoint that this browser proved to itself, of the same chain, if it is ahead of the one that came with
 * the page. Whoever can write this storage can as well change the page.
 */
export function keptCheckpoint(given: Checkpoint): Checkpoint {
  return laterCheckpoint(given, kept(NAME));
}

/** Keeps how far the client has come. */
export function keepCheckpoint(client: IdosClient): void {
  const checkpoint = client.checkpoint();
  if (checkpoint !== undefined) {
    keep(NAME, checkpoint);
  }
}
