import { type Patience, witnesses } from "../nodes/witnesses.ts";

/** How long, in milliseconds, it is known well enough how far the network is. */
const LOOK_AGAIN_MILLIS = 10_000;
/** How long nodes are waited for. */
const LOOK_FOR: Patience = { millis: 2_000, moreMillis: 0 };

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
   * Has one node more than `faults`, which may lie, tell its newest certified height, unless that was done lately.
   * Without enough of them the next read looks again, and only the age of certificates bounds what this one believes.
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
    const told = await witnesses(nodes, faults, LOOK_FOR, heightOf);
    told.forEach((height) => this.saw(height));
    if (told.length > faults) {
      this.#looked = started;
    }
  }
}
