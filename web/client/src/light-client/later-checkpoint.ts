import { type Checkpoint, LightClient } from "./light-client.ts";

/** What a program keeps from one visit to the next. */
export interface KeptCheckpoint {
  /** The checkpoint that came with the program. */
  readonly anchor: Checkpoint;
  /** `IdosClient.checkpoint()`: how far the client came from there. */
  readonly checkpoint: Checkpoint;
}

/**
 * The one to start from: the checkpoint that came with a program, or what the program kept as a {@link KeptCheckpoint},
 * whatever that is by now, if it is one of the same chain and further. Who starts where the last visit ended trusts no
 * validators that left since.
 *
 * A later checkpoint that comes with the program ends what was kept: from the earlier one, keys of validators who left
 * may have led to another history.
 */
export function laterCheckpoint(given: Checkpoint, kept: unknown): Checkpoint {
  const { anchor, checkpoint } = (kept ?? {}) as Partial<Record<keyof KeptCheckpoint, unknown>>;
  const [from, found] = [readCheckpoint(anchor), readCheckpoint(checkpoint)];
  if (from?.chainId !== given.chainId || found?.chainId !== given.chainId) {
    return given;
  }
  const ahead = BigInt(from.epoch) - BigInt(given.epoch);
  const isOfGiven = ahead > 0n || (ahead === 0n && String(from.sets) === String(given.sets).toLowerCase());
  return isOfGiven && BigInt(found.epoch) > BigInt(given.epoch) ? found : given;
}

function readCheckpoint(value: unknown): Checkpoint | undefined {
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  const { chainId, epoch, sets } = value as Partial<Record<keyof Checkpoint, unknown>>;
  const [current, next]: unknown[] = Array.isArray(sets) ? sets : [];
  const isOne =
    typeof chainId === "string" &&
    typeof epoch === "string" &&
    typeof current === "string" &&
    typeof next === "string";
  if (!isOne) {
    return undefined;
  }
  try {
    return LightClient.trusting({ chainId, epoch, sets: [current, next] }).checkpoint();
  } catch {
    return undefined;
  }
}
