import { EncodingError, IdosError, UsageError } from "../errors.ts";
import { AnswerError } from "../evidence/answer-error.ts";
import { type Fetch, Node } from "./node.ts";
import { NoAnswerError, NodeError, RefusedError } from "./node-error.ts";
import { SessionCookie } from "./session-cookie.ts";

/** Milliseconds after which a second node is asked too. */
const HEDGE_MILLIS = 600;
/** Milliseconds that a read may take at one node. */
const READ_MILLIS = 10_000;
/** Milliseconds for which a node that failed is asked last. */
const REST_MILLIS = 30_000;

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
    this.#nodes = [...new Set(urls)].map((url) => new Node(url, { fetch, cookie: this.#cookie, nextId }));
    if (this.#nodes.length === 0) {
      throw new UsageError("Configuration", "name at least one node");
    }
  }

  /** The nodes, those that failed lately last. */
  inOrder(): readonly Node[] {
    const now = Date.now();
    const isResting = (node: Node) => (this.#resting.get(node) ?? 0) > now;
    return [...this.#nodes.filter((node) => !isResting(node)), ...this.#nodes.filter(isResting)];
  }

  /** The same, but the node with this URL is asked first. */
  preferring(url: string | undefined): Readable {
    const isPreferred = (node: Node) => node.url === url;
    const nodes = this.inOrder();
    const order = [...nodes.filter(isPreferred), ...nodes.filter((node) => !isPreferred(node))];
    return { read: (attempt) => this.#read(order, attempt) };
  }

  /** Has a node asked last for a while. */
  rest(node: Node): void {
    this.#resting.set(node, Date.now() + REST_MILLIS);
  }

  /** Forgets the session that is kept outside browsers. */
  forgetSession(): void {
    this.#cookie.forget();
  }

  /** A request that changes nothing, at whichever node answers first. */
  request<T>(method: string, params: object, parse: (result: unknown) => T): Promise<T> {
    return this.read(async (node, signal) => parse(await node.request(method, params, READ_MILLIS, signal)));
  }

  /** One read at one node, in the time that reads have. */
  static ask(node: Node, method: string, params: object, signal: AbortSignal): Promise<unknown> {
    return node.request(method, params, READ_MILLIS, signal);
  }

  /**
   * Asks node after node: the next as soon as one fails, or has not answered for {@link HEDGE_MILLIS}. For what
   * changes nothing only. What the caller did wrong is the same everywhere, and ends it.
   */
  read<T>(attempt: Attempt<T>): Promise<T> {
    return this.#read(this.inOrder(), attempt);
  }

  #read<T>(nodes: readonly Node[], attempt: Attempt<T>): Promise<T> {
    const left = [...nodes];
    const failures: IdosError[] = [];
    const stop = new AbortController();
    return new Promise((resolve, reject) => {
      const running = new Set<Node>();
      const asked: Node[] = [];
      let hedge: ReturnType<typeof setTimeout> | undefined;
      const end = (settle: () => void) => {
        clearTimeout(hedge);
        settle();
        stop.abort();
      };
      const next = () => {
        clearTimeout(hedge);
        const node = left.shift();
        if (node === undefined) {
          if (running.size === 0) {
            end(() => reject(summary(failures)));
          }
          return;
        }
        running.add(node);
        asked.push(node);
        if (left.length > 0) {
          hedge = setTimeout(next, HEDGE_MILLIS);
        }
        attempt(node, stop.signal).then(
          (value) => {
            running.delete(node);
            // Whoever was asked earlier and is still silent is slow, or gone.
            for (const slow of [...running].filter((it) => asked.indexOf(it) < asked.indexOf(node))) {
              this.rest(slow);
            }
            end(() => resolve(value));
          },
          (cause: unknown) => {
            running.delete(node);
            if (stop.signal.aborted) {
              return;
            }
            const failure = typed(node, cause);
            if (failure === undefined || failure instanceof RefusedError) {
              end(() => reject(cause));
              return;
            }
            failures.push(failure);
            if (!(failure instanceof NodeError && failure.reason === "NotSignedIn")) {
              this.rest(node);
            }
            next();
          },
        );
      };
      next();
    });
  }
}

/** What a node did wrong; undefined if the mistake is not the node's, and no other node would help. */
function typed(node: Node, cause: unknown): IdosError | undefined {
  if (cause instanceof EncodingError) {
    return new NodeError("Malformed", node.url, cause.message, { cause });
  }
  if (!(cause instanceof IdosError)) {
    return undefined;
  }
  const isNotSignedIn = cause instanceof NodeError;
  return isNotSignedIn || cause.fault === "node" || cause.fault === "network" || cause.fault === "clock"
    ? cause
    : undefined;
}

/** One error for all: that somebody has to sign in, if that is what would help, or that what was asked for has ended. */
function summary(failures: readonly IdosError[]): IdosError {
  const notSignedIn = failures.find((it) => it instanceof NodeError && it.reason === "NotSignedIn");
  const ended = failures.find((it) => it instanceof AnswerError && it.reason === "Ended");
  const [only] = failures;
  return (
    notSignedIn ?? ended ?? (only !== undefined && failures.length === 1 ? only : new NoAnswerError(failures))
  );
}
