/** How long, in milliseconds, it is known well enough how far the network is. */
const LOOK_AGAIN_MILLIS = 10_000;
/** How long nodes are waited for. Those that say nothing by then are not counted. */
const LOOK_FOR_MILLIS = 2_000;

/**
 * How far the network is, by the word of more than one node.
 *
 * A proof says that an answer was true after some block. That there is a later block, after which it is not, only
 * another node can tell: of one node more than may lie, at least one tells the truth.
 */
export class Horizon {
  #newest = 0n;
  #looking: Promise<void> | undefined;
  /** When it was last known, in milliseconds since the page began. */
  #looked = Number.NEGATIVE_INFINITY;

  /** The newest height of which something was proved: no answer may be of an earlier one. */
  get newest(): bigint {
    return this.#newest;
  }

  /** Something was proved at this height. */
  saw(height: bigint): void {
    if (height > this.#newest) {
      this.#newest = height;
    }
  }

  /**
   * Has one node more than `faults`, which may lie, tell its newest certified height, unless that was done lately. So
   * many more are asked at once that silent ones hold nothing up; those that fail are replaced as long as there are
   * others. Without enough of them the next read looks again, and only the age of certificates bounds what this one
   * believes.
   */
  look<Node>(
    nodes: readonly Node[],
    faults: number,
    heightOf: (node: Node, signal: AbortSignal) => Promise<bigint>,
  ): Promise<void> {
    if (performance.now() - this.#looked < LOOK_AGAIN_MILLIS) {
      return Promise.resolve();
    }
    this.#looking ??= this.#ask(nodes, faults, heightOf).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #ask<Node>(
    nodes: readonly Node[],
    faults: number,
    heightOf: (node: Node, signal: AbortSignal) => Promise<bigint>,
  ): Promise<void> {
    const started = performance.now();
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), LOOK_FOR_MILLIS);
    const waiting = [...nodes];
    let told = 0;
    const witness = async (): Promise<void> => {
      for (let node = waiting.shift(); node !== undefined && !end.signal.aborted; node = waiting.shift()) {
        try {
          this.saw(await heightOf(node, end.signal));
        } catch {
          // Why it failed is said when it is read from.
          continue;
        }
        told += 1;
        if (told > faults) {
          this.#looked = started;
          end.abort();
        }
        return;
      }
    };
    await Promise.all(Array.from({ length: 2 * faults + 1 }, witness));
    clearTimeout(timer);
  }
}
