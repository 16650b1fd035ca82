import { type Checkpoint, LightClient } from "./light-client.ts";

/**
 * The one to start from: the checkpoint that came with a program, or what the program kept of
 * `IdosClient.checkpoint()`, whatever that is by now, if it is one of the same chain and further. Who starts where the
 * last visit ended trusts no validators that left since.
 */
export function laterCheckpoint(given: Checkpoint, kept: unknown): Checkpoint {
  const found = readCheckpoint(kept);
  const isLater = found?.chainId === given.chainId && BigInt(found.epoch) > BigInt(given.epoch);
  return isLater ? found : given;
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
