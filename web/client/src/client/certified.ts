import type { RootStatement } from "../light-client/statement.ts";

/** What proves an answer: more than two thirds of the validators signed the state that it is part of. */
export interface Certified {
  /** The block after which the answer was true. */
  readonly height: number;
  /** When that block was made. */
  readonly time: Date;
}

/** An answer, and whether it is proved. */
export interface Answer<T> {
  readonly value: T;
  /** Undefined if nothing but the word of one node stands for the answer. */
  readonly proof: Certified | undefined;
}

/** How to read. */
export interface ReadOptions {
  /**
   * Whether the answer has to be proved. By default it has to, if the client has a checkpoint to start from; then
   * false takes the word of a node.
   */
  readonly proved?: boolean;
}

/** What a statement says of an answer. */
export function certifiedBy({ height, timeMillis }: RootStatement): Certified {
  return { height: Number(height), time: new Date(Number(timeMillis)) };
}
