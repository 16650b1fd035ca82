import { IdosError, UsageError } from "../errors.ts";
import { AnswerError } from "../evidence/answer-error.ts";
import type { LightClientReason } from "../light-client/light-client.ts";
import { type Fetch, Node } from "./node.ts";
import {
  blamed,
  isNotSignedIn,
  NoAnswerError,
  NodeError,
  type NodeReason,
  RefusedError,
} from "./node-error.ts";
import { SessionCookie } from "./session-cookie.ts";
import { type Patience, witnesses } from "./witnesses.ts";

/** Milliseconds after which a second node is asked too. */
const HEDGE_MILLIS = 600;
/** Milliseconds after which a node has to begin its answer to a read, and after which one that goes on is a slow one. */
const READ_MILLIS = 10_000;
/** How long the others are waited for once enough nodes have told what several are asked. */
const SEVERAL: Patience = { moreMillis: HEDGE_MILLIS };
/** Milliseconds for which a node that failed is asked last. */
const REST_MILLIS = 30_000;
/** Why answers are none that are of another time: if all are, it is as a rule not the nodes that are wrong. */
const OF_ANOTHER_TIME: readonly (LightClientReason | NodeReason)[] = ["TooOld", "SignInTime"];

const CLOCK_TEXT =
  "every answer is of another time than this machine's clock has: set it if it is wrong; else the network makes no blocks";

/** How to reach the network. */
export interface NodesOptions {
  /** Public URLs of nodes, the preferred one first. */
  readonly urls: readonly string[];
  /** Instead of `globalThis.fetch`. */
  readonly fetch?: Fetch;
}

/** Anything that can be asked. */
export interface Readable {
  read<T>(attempt: Attempt<T>): Promise<T>;
}

/** What is asked of one node: the answer is checked here too, so that a wrong one counts as none. */
export type Attempt<T> = (node: Node, signal: AbortSignal) => Promise<T>;

/**
 * What it means that one node refuses: that every other would, or only as much as silence, until all others have been
 * asked, because whoever answers can prove it.
 */
export type Refusals = "decide" | "areOneNodes";

/** Who wants to know which nodes are answering to requests with a signal. */
const listeners = new WeakMap<AbortSignal, (node: Node) => (isComing: boolean) => void>();

/** Several nodes, of which one that answers is enough. */
export class Nodes {
  readonly #nodes: readonly Node[];
  readonly #cookie = new SessionCookie();
  /** Until when a node is asked last, in milliseconds since 1970. */
  readonly #resting = new Map<Node, number>();

  constructor({ urls, fetch = (url, init) => globalThis.fetch(url, init) }: NodesOptions) {
    let last = 0;
    const nextId = () => {
      last += 1;
      return last;
    };
    const transport = { fetch, cookie: this.#cookie, nextId };
    const nodes = urls.map((url) => new Node(url, transport));
    // In another spelling it is the same node, and no second witness.
    this.#nodes = [...new Map(nodes.map((node) => [new URL(node.url).href, node])).values()];
    if (this.#nodes.length === 0) {
      throw new UsageError("Configuration", "name at least one node");
    }
  }

  /** How many there are. */
  get count(): number {
    return this.#nodes.length;
  }

  /** The nodes, those that failed lately last, and of these those that failed longest ago first. */
  inOrder(): readonly Node[] {
    const now = Date.now();
    const restsUntil = (node: Node) => Math.max(this.#resting.get(node) ?? 0, now);
    return [...this.#nodes].sort((one, other) => restsUntil(one) - restsUntil(other));
  }

  /** The same, but the node with this URL is asked first. */
  preferring(url: string | undefined): Readable {
    const isPreferred = (node: Node) => node.url === url;
    const nodes = this.inOrder();
    const order = [...nodes.filter(isPreferred), ...nodes.filter((node) => !isPreferred(node))];
    return { read: (attempt) => this.#read(order, attempt, "decide") };
  }

  /** Has a node asked last for a while. */
  rest(node: Node): void {
    this.#resting.set(node, Date.now() + REST_MILLIS);
  }

  /** Has another node asked first; the one with this URL last, if it is named. */
  passOver(url?: string): void {
    const node = this.inOrder().find((it) => url === undefined || it.url === url);
    if (node !== undefined) {
      this.rest(node);
    }
  }

  /** Whether the session is kept here, outside browsers: then it counts on every node. */
  get keepsSession(): boolean {
    return this.#cookie.header().cookie !== undefined;
  }

  /** Forgets the session that is kept outside browsers. */
  forgetSession(): void {
    this.#cookie.forget();
  }

  /** Asks every node at once. Resolves to why those failed that did. */
  async everywhere(
    method: string,
    params: object,
    parse: (result: unknown) => unknown,
  ): Promise<IdosError[]> {
    const failures: IdosError[] = [];
    const ask = async (node: Node) => {
      try {
        parse(await node.request(method, params, READ_MILLIS));
      } catch (cause) {
        if (!(cause instanceof IdosError)) {
          throw cause;
        }
        failures.push(blamed(node.url, cause));
      }
    };
    await Promise.all(this.#nodes.map(ask));
    return failures;
  }

  /** A request that changes nothing, at whichever node answers first. */
  request<T>(method: string, params: object, parse: (result: unknown) => T): Promise<T> {
    return this.read(async (node, signal) => parse(await Nodes.ask(node, method, params, signal)));
  }

  /**
   * What several nodes say, of which `faults` may lie: enough of them to tell, or as many as answer. Of several nodes
   * one alone is not believed.
   */
  async several<T>(faults: number, attempt: Attempt<T>): Promise<readonly T[]> {
    const failures: IdosError[] = [];
    const told = await witnesses(this.inOrder(), faults, SEVERAL, async (node, signal) => {
      try {
        return await attempt(node, signal);
      } catch (cause) {
        if (cause instanceof IdosError) {
          failures.push(blamed(node.url, cause));
        }
        this.rest(node);
        throw cause;
      }
    });
    if (told.length === 0) {
      throw summary(failures);
    }
    if (told.length === 1 && this.#nodes.length > 1) {
      throw new NoAnswerError(failures, "one node alone is not believed, and no other answered");
    }
    return told;
  }

  /** One read at one node, in the time that reads have. */
  static ask(node: Node, method: string, params: object, signal: AbortSignal): Promise<unknown> {
    return node.request(method, params, READ_MILLIS, signal, listeners.get(signal)?.(node));
  }

  /**
   * Asks node after node: the next as soon as one fails, or has not begun to answer for {@link HEDGE_MILLIS}. While an
   * answer comes the next one has {@link READ_MILLIS} to wait: a second answer takes half of a slow line, and a node that
   * sends for ever holds nobody up. For what changes nothing only. What the caller did wrong is the same everywhere, and
   * ends it.
   */
  read<T>(attempt: Attempt<T>, refusals: Refusals = "decide"): Promise<T> {
    return this.#read(this.inOrder(), attempt, refusals);
  }

  #read<T>(nodes: readonly Node[], attempt: Attempt<T>, refusals: Refusals): Promise<T> {
    const left = [...nodes];
    const failures: IdosError[] = [];
    const stop = new AbortController();
    return new Promise((resolve, reject) => {
      const running = new Set<Node>();
      const answering = new Set<Node>();
      const begun = new Set<Node>();
      let isLost = false;
      let hedge: ReturnType<typeof setTimeout> | undefined;
      const end = (settle: () => void) => {
        clearTimeout(hedge);
        settle();
        stop.abort();
      };
      const wait = () => {
        clearTimeout(hedge);
        if (left.length > 0 && !stop.signal.aborted) {
          hedge = setTimeout(next, answering.size === 0 ? HEDGE_MILLIS : READ_MILLIS);
        }
      };
      listeners.set(stop.signal, (node) => (isComing) => {
        answering.delete(node);
        if (isComing) {
          answering.add(node);
          begun.add(node);
        }
        wait();
      });
      const next = () => {
        const node = left.shift();
        if (node === undefined) {
          if (running.size === 0) {
            // That another node wants a sign-in is no help then: the person may have one at the lost one, by a slow line.
            end(() => reject(summary(isLost ? failures.filter((it) => !isNotSignedIn(it)) : failures)));
          }
          return;
        }
        running.add(node);
        wait();
        attempt(node, stop.signal).then(
          (value) => {
            // Whoever was asked earlier and is still silent is slow, or gone.
            for (const asked of running) {
              if (asked === node) {
                break;
              }
              this.rest(asked);
            }
            end(() => resolve(value));
          },
          (cause: unknown) => {
            running.delete(node);
            if (stop.signal.aborted) {
              return;
            }
            const failure = typed(node, cause, refusals);
            if (failure === undefined) {
              end(() => reject(cause));
              return;
            }
            failures.push(failure);
            isLost ||= begun.has(node) && failure.fault === "network";
            if (!isNotSignedIn(failure)) {
              this.rest(node);
            }
            if (answering.size === 0) {
              next();
            }
          },
        );
      };
      next();
    });
  }
}

/** What a node did wrong; undefined if the mistake is not the node's, and no other node would help. */
function typed(node: Node, cause: unknown, refusals: Refusals): IdosError | undefined {
  if (!(cause instanceof IdosError)) {
    return undefined;
  }
  const isOfNode =
    cause instanceof NodeError ||
    (cause instanceof RefusedError && refusals === "areOneNodes") ||
    cause.fault === "node" ||
    cause.fault === "network" ||
    cause.fault === "clock";
  return isOfNode ? blamed(node.url, cause) : undefined;
}

function isOfAnotherTime({ reason }: IdosError): boolean {
  return OF_ANOTHER_TIME.some((it) => it === reason);
}

/**
 * One error for all: that somebody has to sign in, if that is what would help, or that what was asked for has ended; else
 * what those who answered refuse.
 */
function summary(failures: readonly IdosError[]): IdosError {
  const notSignedIn = failures.find(isNotSignedIn);
  const ended = failures.find((it) => it instanceof AnswerError && it.reason === "Ended");
  const refused = failures.find((it) => it instanceof RefusedError);
  const answered = failures.filter((it) => it.fault !== "network");
  if (notSignedIn === undefined && answered.length > 0 && answered.every(isOfAnotherTime)) {
    return new NoAnswerError(failures, CLOCK_TEXT, "clock");
  }
  const [only] = failures;
  return (
    notSignedIn ??
    ended ??
    refused ??
    (only !== undefined && failures.length === 1 ? only : new NoAnswerError(failures))
  );
}
