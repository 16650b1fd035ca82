import { EncodingError, type Fault, IdosError } from "../errors.ts";

/** What went wrong between this client and a node. */
export type NodeReason =
  /** No answer: refused, cut off, or not let through by the browser. */
  | "Unreachable"
  /** No answer in time. */
  | "Timeout"
  /** Something else than an answer of an idOS node. */
  | "Malformed"
  /** The node says that it cannot answer now. */
  | "Unavailable"
  /** The node has no room for the request, of which nothing was begun. */
  | "Full"
  /** The node's own name, or that of its chain, is not the one that this client uses. */
  | "OtherNode"
  /** It wants something signed that no sign-in has. */
  | "SignInText"
  /** The sign-in that it wants signed is not of this time, by this machine's clock. */
  | "SignInTime"
  /** The node wants its caller to sign in. */
  | "NotSignedIn";

/** A node did not answer. Another one may. */
export class NodeError extends IdosError {
  override readonly name = "NodeError";
  override readonly fault: Fault;
  override readonly reason: NodeReason;
  /** URL of the node. */
  readonly url: string;

  constructor(reason: NodeReason, url: string, message: string, options?: ErrorOptions) {
    super(`${url}: ${message}`, options);
    this.reason = reason;
    this.url = url;
    this.fault = faultOf(reason);
  }
}

/** An error as that of the node with this URL, if it sent what cannot be read. */
export function blamed(url: string, cause: IdosError): IdosError {
  return cause instanceof EncodingError ? new NodeError("Malformed", url, cause.message, { cause }) : cause;
}

function faultOf(reason: NodeReason): Fault {
  switch (reason) {
    case "Unreachable":
    case "Timeout":
      return "network";
    case "NotSignedIn":
      return "caller";
    case "Malformed":
    case "Unavailable":
    case "Full":
    case "OtherNode":
    case "SignInText":
    case "SignInTime":
      return "node";
  }
}

/** What the network does not do, and why. */
export type RefusalReason =
  /** The request is none that a node takes. */
  | "Request"
  /** The view refuses; the message says why. */
  | "View"
  /** The transaction was not taken; `code` says why. */
  | "Rejected"
  /** The transaction is in a block, and its action failed. */
  | "Failed";

/**
 * Whoever was asked understood, and refuses: of a read with proof every node that answered, of a write one node more
 * than may lie, or all that are named. Otherwise it is one node's word.
 */
export class RefusedError extends IdosError {
  override readonly name = "RefusedError";
  override readonly fault = "caller";
  override readonly reason: RefusalReason;
  /** The code of the JSON-RPC error, or of the transaction; 0 if there is none. */
  readonly code: number;

  constructor(reason: RefusalReason, code: number, message: string) {
    super(message);
    this.reason = reason;
    this.code = code;
  }
}

/** No node, or too few of them, gave an answer that holds. `causes` says of each why. */
export class NoAnswerError extends IdosError {
  override readonly name = "NoAnswerError";
  override readonly fault: Fault;
  override readonly reason = "NoAnswer";
  readonly causes: readonly IdosError[];

  constructor(causes: readonly IdosError[], text = "no node answered", fault?: Fault) {
    super(`${text}: ${causes.map((cause) => cause.message).join("; ")}`, { cause: causes[0] });
    this.causes = causes;
    // If any node answered, the network is there.
    this.fault = fault ?? causes.find((cause) => cause.fault !== "network")?.fault ?? "network";
  }
}

/** A transaction was sent, and nobody can say what became of it: ask again by its hash before sending another. */
export class UnknownOutcomeError extends IdosError {
  override readonly name = "UnknownOutcomeError";
  override readonly fault = "network";
  override readonly reason = "UnknownOutcome";
  /** By which the transaction is known. */
  readonly hash: string;

  constructor(hash: string, options?: ErrorOptions) {
    super(
      `it is not known whether the transaction ${hash} is in a block: ask again before you repeat it`,
      options,
    );
    this.hash = hash;
  }
}

/**
 * A node said that a write was executed, and no node can prove what it changed, as where a list is too long: look whether
 * it did before it is repeated. Nobody is to blame.
 */
export class UnprovableError extends IdosError {
  override readonly name = "UnprovableError";
  override readonly fault = "caller";
  override readonly reason = "Unprovable";
  /** By which the transaction is known. */
  readonly hash: string;

  constructor(hash: string, options?: ErrorOptions) {
    super(
      `the transaction ${hash} was executed, as a node says, and no node proves what it changed, as where a list is too ` +
        "long: look whether it did before you repeat it",
      options,
    );
    this.hash = hash;
  }
}

/** A node said that a write was executed, and the state does not show it: look again before it is repeated. */
export class UnprovedError extends IdosError {
  override readonly name = "UnprovedError";
  override readonly fault = "node";
  override readonly reason = "Unproved";
  /** By which the transaction is known. */
  readonly hash: string;
  /** URL of the node. */
  readonly node: string;

  constructor(hash: string, node: string, options?: ErrorOptions) {
    super(
      `${node} says that the transaction ${hash} was executed, but no proof shows that: look whether it was before you ` +
        "repeat it, and leave that node out",
      options,
    );
    this.hash = hash;
    this.node = node;
  }
}

/** Whether a node asks its caller to sign in. */
export function isNotSignedIn(error: unknown): error is NodeError {
  return error instanceof NodeError && error.reason === "NotSignedIn";
}
