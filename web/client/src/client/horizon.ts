/** How long, in milliseconds, it is known well enough how far the network is. */
const LOOK_AGAIN_MILLIS = 10_000;
/** How long nodes are waited for, in milliseconds, with those that are asked in place of others. */
const LOOK_FOR_MILLIS = 2_000;
/**
 * How long one has to answer, in milliseconds: who says nothing by then is not counted, and holds the first read up for
 * less than a second.
 */
export const ANSWER_FOR_MILLIS = 900;
/** How long nodes have, at the beginning, to prove the set changes behind what they said in time. */
const WALK_FOR_MILLIS = 30_000;

/** What a node proved to be certified. */
export interface Told {
  readonly epoch: bigint;
  readonly height: bigint;
}

/** What is trusted as it is now: what nodes tell may change it. */
export interface Trusted {
  /** The first epoch whose validators count. */
  readonly epoch: bigint;
  /** How many of the validators may lie without harm. */
  readonly toleratedFaults: number;
}

/** Has a node prove its newest certified state. */
type Ask<Node> = (node: Node, signal: AbortSignal) => Promise<Told>;

/**
 * How far the network is, by the word of more than one node.
 *
 * A proof says that an answer was true after some block. That there is a later block, after which it is not, only
 * another node can tell: of one node more than may lie, at least one tells the truth.
 */
export class Horizon {
  #newest: Told = { epoch: 0n, height: 0n };
  #looking: Promise<void> | undefined;
  /** When it was last known, in milliseconds since the page began; undefined if it never was. */
  #looked: number | undefined;

  /** The newest height of which something was proved, and its epoch: no answer may be of an earlier one. */
  get newest(): Told {
    return this.#newest;
  }

  /** Something was proved at this height. The epoch decides: keys of one that is over may sign any height. */
  saw({ epoch, height }: Told): void {
    const { newest } = this;
    if (epoch > newest.epoch || (epoch === newest.epoch && height > newest.height)) {
      this.#newest = { epoch, height };
    }
  }

  /**
   * Has one node more than may lie tell its newest certified height, unless that was done lately. So many more are
   * asked at once that silent ones hold nothing up; those that fail are replaced as long as there are others. Without
   * enough of them the next read looks again, and only the age of certificates bounds what this one believes.
   *
   * Until one look had enough, all nodes are asked and waited for. What is trusted then may be as old as the genesis:
   * its validators may have left, their keys may be anybody's, and how many of them may lie says nothing. One node that
   * proves a later epoch ends the trust in them.
   */
  look<Node>(nodes: readonly Node[], trusted: Trusted, ask: Ask<Node>): Promise<void> {
    if (this.#looked !== undefined && performance.now() - this.#looked < LOOK_AGAIN_MILLIS) {
      return Promise.resolve();
    }
    this.#looking ??= this.#ask(nodes, trusted, ask).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #ask<Node>(nodes: readonly Node[], trusted: Trusted, ask: Ask<Node>): Promise<void> {
    const started = performance.now();
    const isFirst = this.#looked === undefined;
    const waiting = [...nodes];
    const all: Told[] = [];
    // Whoever told something may have proved other validators with it: more of them may lie, and who ended an epoch
    // that has nothing to tell any longer. It ended too if one tells of a later one.
    const told = () => {
      const newest = all.reduce((last, { epoch }) => (epoch > last ? epoch : last), trusted.epoch);
      return all.filter(({ epoch }) => epoch === newest);
    };
    const isEnough = () => told().length > trusted.toleratedFaults;
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), isFirst ? WALK_FOR_MILLIS : LOOK_FOR_MILLIS);
    let running = 0;
    await new Promise<void>((resolve) => {
      end.signal.addEventListener("abort", () => resolve());
      const next = () => {
        if (end.signal.aborted) {
          return;
        }
        const wanted = isFirst ? nodes.length : 2 * trusted.toleratedFaults + 1;
        const isDone = !isFirst && isEnough();
        while (!isDone && running + told().length < wanted) {
          const node = waiting.shift();
          if (node === undefined) {
            break;
          }
          running += 1;
          ask(node, end.signal)
            // Why one failed is said when it is read from.
            .then(
              (it) => all.push(it),
              () => undefined,
            )
            .then(() => {
              running -= 1;
              next();
            });
        }
        if (isDone || running === 0) {
          resolve();
        }
      };
      next();
    });
    clearTimeout(timer);
    end.abort();
    for (const it of told()) {
      this.saw(it);
    }
    if (isEnough()) {
      this.#looked = started;
    }
  }
}
