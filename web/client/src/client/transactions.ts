import { bytesToHex } from "../bytes/bytes.ts";
import { IdosError } from "../errors.ts";
import type { Node } from "../nodes/node.ts";
import { NodeError, RefusedError, UnknownOutcomeError } from "../nodes/node-error.ts";
import { Nodes } from "../nodes/nodes.ts";
import { keyTypeOf } from "../signer/caller.ts";
import type { Signer } from "../signer/signer.ts";
import { numberOf, objectOf, textOf } from "../wire/json.ts";
import { encodeExecution } from "../wire/payload.ts";
import { type Transaction, transactionHash, transactionJson, transactionText } from "../wire/transaction.ts";
import type { Action } from "./actions.ts";
import type { Network } from "./network.ts";

/** Milliseconds that a node may take to put a transaction into a block. */
const BROADCAST_MILLIS = 25_000;
/** Milliseconds for which it is asked what became of a transaction, and between two questions. */
const SETTLE_MILLIS = 20_000;
const POLL_MILLIS = 400;
/** Codes of rejected transactions: a node gave up waiting for the block, or has no room. */
const COMMIT_TIMEOUT = 10;
const MEMPOOL_FULL = 11;
/** The code of "transaction not found". */
const NOT_FOUND = -202;
/** The fee of everything: this network costs nothing. */
const FEE = "0";
/** Longest log of a transaction that is passed on. */
const LOG = 16 * 1024;

/** A transaction that is in a block, and whose action succeeded. */
export interface Receipt {
  /** By which the transaction is known. */
  readonly hash: string;
  /** What the action had to say. */
  readonly log: string;
}

/** The transactions of one signer, one after the other, so that no two take the same nonce. */
export class Transactions {
  readonly #network: Network;
  readonly #signer: Signer;
  #last: Promise<unknown> = Promise.resolve();

  constructor(network: Network, signer: Signer) {
    this.#network = network;
    this.#signer = signer;
  }

  /** Has the wallet sign an action, and waits for its block. */
  send(action: Action): Promise<Receipt> {
    const sent = this.#last.then(() => this.#sent(action));
    this.#last = sent.catch(() => undefined);
    return sent;
  }

  async #sent({ name, description, values }: Action): Promise<Receipt> {
    const payload = encodeExecution(name, values);
    const { authType, sender } = this.#signer;
    const { node, nonce } = await this.#lastNonce();
    const body = { description, payload, fee: FEE, nonce: nonce + 1, chainId: this.#network.chainId };
    const signature = await this.#signer.sign(transactionText(body));
    return this.#delivered({ body, sender, signature, authType }, node);
  }

  /** The last nonce that was used, and the node that says so: it answers, so it is given the transaction. */
  #lastNonce(): Promise<{ node: Node; nonce: number }> {
    const { authType, sender } = this.#signer;
    const params = { id: { identifier: bytesToHex(sender), key_type: keyTypeOf(authType) }, status: 1 };
    return this.#network.nodes.read(async (node, signal) => {
      const account = objectOf(await Nodes.ask(node, "user.account", params, signal), "the account");
      return { node, nonce: numberOf(account["nonce"], "nonce") };
    });
  }

  /**
   * Gives a transaction to node after node until one knows what became of it. The bytes are always the same, and a
   * network takes them once: so this is safe, while signing again after a doubtful answer would not be.
   */
  async #delivered(transaction: Transaction, first: Node): Promise<Receipt> {
    const hash = transactionHash(transaction);
    const params = { tx: transactionJson(transaction), sync: 1 };
    const { nodes } = this.#network;
    let isDoubtful = false;
    let failure: IdosError | undefined;
    for (const node of [first, ...nodes.inOrder().filter((it) => it !== first)]) {
      try {
        const result = objectOf(await node.request("user.broadcast", params, BROADCAST_MILLIS), "the answer");
        if (textOf(result["tx_hash"], "tx_hash") !== hash || result["result"] === undefined) {
          throw new NodeError("Malformed", node.url, "the answer is about another transaction");
        }
        return receipt(hash, result["result"]);
      } catch (error) {
        if (!(error instanceof IdosError)) {
          throw error;
        }
        if (error instanceof RefusedError) {
          if (error.reason === "Failed") {
            throw error;
          }
          if (isDoubtful || error.code === COMMIT_TIMEOUT || /already exists/.test(error.message)) {
            return this.#settled(hash, error);
          }
          if (error.code !== MEMPOOL_FULL) {
            throw error;
          }
        } else {
          // It may have come there all the same.
          isDoubtful = true;
        }
        failure = error;
        nodes.rest(node);
      }
    }
    if (isDoubtful || failure === undefined) {
      return this.#settled(hash, failure);
    }
    throw failure;
  }

  /** Asks what became of a transaction until somebody knows. */
  async #settled(hash: string, cause: unknown): Promise<Receipt> {
    const end = Date.now() + SETTLE_MILLIS;
    while (Date.now() < end) {
      const found = await this.outcome(hash).catch((error: unknown) => {
        const isFinal = error instanceof RefusedError && error.code !== NOT_FOUND;
        if (isFinal || !(error instanceof IdosError)) {
          throw error;
        }
        return undefined;
      });
      if (found !== undefined) {
        return found;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
    }
    throw new UnknownOutcomeError(hash, { cause });
  }

  /** What became of a transaction; undefined while it waits for its block. */
  outcome(hash: string): Promise<Receipt | undefined> {
    return this.#network.nodes.request("user.tx_query", { tx_hash: hash }, (json) => {
      const result = objectOf(json, "the answer");
      const height = result["height"];
      return typeof height === "number" && height > 0 ? receipt(hash, result["tx_result"]) : undefined;
    });
  }
}

function receipt(hash: string, json: unknown): Receipt {
  const result = objectOf(json, "the result");
  const code = numberOf(result["code"], "code");
  const log = textOf(result["log"] ?? "", "log").slice(0, LOG);
  if (code !== 0) {
    throw new RefusedError("Failed", code, log.replace(/^[\s\S]*?ERROR: /, ""));
  }
  return { hash, log };
}
