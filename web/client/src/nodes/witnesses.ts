/** How long nodes are waited for, in milliseconds. */
export interface Patience {
  /** As long as there are not enough; without, as long as requests take. */
  readonly millis?: number;
  /** The others that were asked, once there are enough. */
  readonly moreMillis: number;
}

/**
 * What nodes say of which `faults` may lie: enough is one more than that, and at most twice as many and one. So many are
 * asked at once that silent ones hold nothing up; those that fail are replaced as long as there are others. Whoever has
 * said nothing in time is not counted, so there may be too few. `ask` has to fail once its signal is aborted.
 */
export async function witnesses<Node, T>(
  nodes: readonly Node[],
  faults: number,
  { millis, moreMillis }: Patience,
  ask: (node: Node, signal: AbortSignal) => Promise<T>,
): Promise<readonly T[]> {
  const end = new AbortController();
  const timers: ReturnType<typeof setTimeout>[] = [];
  const endAfter = (wait: number) => timers.push(setTimeout(() => end.abort(), wait));
  if (millis !== undefined) {
    endAfter(millis);
  }
  const waiting = [...nodes];
  const told: T[] = [];
  const witness = async (): Promise<void> => {
    for (let node = waiting.shift(); node !== undefined && !end.signal.aborted; node = waiting.shift()) {
      try {
        told.push(await ask(node, end.signal));
      } catch {
        // Why is for whoever asks.
        continue;
      }
      if (told.length > faults && moreMillis === 0) {
        end.abort();
      } else if (told.length === faults + 1) {
        endAfter(moreMillis);
      }
      return;
    }
  };
  await Promise.all(Array.from({ length: 2 * faults + 1 }, witness));
  timers.forEach(clearTimeout);
  return told;
}
