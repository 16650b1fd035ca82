import { IdosError } from "../errors.ts";
import type { Node } from "../nodes/node.ts";
import { NodeError, RefusedError, UnknownOutcomeError } from "../nodes/node-error.ts";
import { Nodes } from "../nodes/nodes.ts";
import type { Signer } from "../signer/signer.ts";
import { numberOf, objectOf, textOf } from "../wire/json.ts";
import { encodeExecution } from "../wire/payload.ts";
import {
  type Transaction,
  type TransactionBody,
  transactionHash,
  transactionJson,
  transactionText,
} from "../wire/transaction.ts";
import type { Action } from "./actions.ts";
import type { Network } from "./network.ts";
import { lastNonce } from "./nonce.ts";
import { pause } from "./pause.ts";

/** Milliseconds that a node may take to put a transaction into a block. */
const BROADCAST_MILLIS = 25_000;
/** Milliseconds for which it is asked what became of a transaction, and between two questions. */
const SETTLE_MILLIS = 20_000;
const POLL_MILLIS = 400;
/** How often it is tried to be the next transaction of the signer, if others were faster or nodes are behind. */
const NONCES = 4;
/** Codes of rejected transactions: another is next, or the node has no room. */
const INVALID_NONCE = 4;
const MEMPOOL_FULL = 11;
/** Codes of a node that gave up waiting for the block, or stops: the transaction may get into one all the same. */
const DOUBTFUL: readonly number[] = [10, 201];
/** With this text a node rejects what it knows already. */
const KNOWN = "transaction already exists";
/** The code of "transaction not found". */
const NOT_FOUND = -202;
/** The fee of everything: this network costs nothing. */
const FEE = "0";
/** What the log of a transaction begins with that failed; what follows is why. */
const REFUSAL = /^ERROR: /;
/** Longest log of a transaction that is passed on. */
const LOG = 16 * 1024;

/** A transaction that is in a block, and whose action succeeded, as one node says. */
export interface Receipt {
  /** By which the transaction is known. */
  readonly hash: string;
  /** What the action had to say. */
  readonly log: string;
  /** URL of the node that says so. */
  readonly node: string;
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
    let transaction: Transaction | undefined;
    let refusal: unknown;
    for (let attempt = 0; attempt < NONCES; attempt += 1) {
      if (attempt > 0) {
        await pause(attempt * POLL_MILLIS);
      }
      const nonce = (await lastNonce(this.#network, this.#signer)) + 1;
      if (transaction?.body.nonce !== nonce) {
        transaction = await this.#signed({
          description,
          payload,
          fee: FEE,
          nonce,
          chainId: this.#network.chainId,
        });
      }
      try {
        return await this.#delivered(transaction);
      } catch (error) {
        if (!isNonceRefused(error)) {
          throw error;
        }
        refusal = error;
      }
    }
    throw refusal;
  }

  async #signed(body: TransactionBody): Promise<Transaction> {
    const { authType, sender } = this.#signer;
    return { body, sender, signature: await this.#signer.sign(transactionText(body)), authType };
  }

  /**
   * Gives a transaction to node after node until one knows what became of it. The bytes are always the same, and a
   * network takes them once: so this is safe, while signing again after a doubtful answer would not be. That one node
   * refuses them, or says that it has them, decides nothing: it could keep them for later. Who gave up waiting for a
   * block once does not wait at the others again.
   */
  async #delivered(transaction: Transaction): Promise<Receipt> {
    const hash = transactionHash(transaction);
    const tx = transactionJson(transaction);
    const { nodes, faults } = this.#network;
    let isDoubtful = false;
    let sync = 1;
    let refusals = 0;
    let failure: IdosError | undefined;
    for (const node of nodes.inOrder()) {
      try {
        const params = { tx, sync };
        const answer = objectOf(await node.request("user.broadcast", params, BROADCAST_MILLIS), "the answer");
        const result = answer["result"];
        if (textOf(answer["tx_hash"], "tx_hash") !== hash) {
          throw new NodeError("Malformed", node.url, "the answer is about another transaction");
        }
        if (sync === 1 || result !== undefined) {
          return receipt(hash, node, result);
        }
      } catch (error) {
        if (!(error instanceof IdosError)) {
          throw error;
        }
        if (!(error instanceof RefusedError)) {
          // It may have come there all the same, unless the node says otherwise.
          isDoubtful ||= error.reason !== "Full";
          nodes.rest(node);
        } else if (error.reason === "Failed") {
          throw error;
        } else if (DOUBTFUL.includes(error.code) || error.message === KNOWN) {
          isDoubtful = true;
          sync = 0;
          nodes.rest(node);
        } else if (error.code === MEMPOOL_FULL) {
          nodes.rest(node);
        } else {
          refusals += 1;
        }
        failure = error;
        if (refusals > faults) {
          break;
        }
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
      // That one does not know decides nothing.
      this.#network.nodes.passOver();
      await pause(POLL_MILLIS);
    }
    throw new UnknownOutcomeError(hash, { cause });
  }

  /** What became of a transaction; undefined while it waits for its block. */
  outcome(hash: string): Promise<Receipt | undefined> {
    return this.#network.nodes.read(async (node, signal) => {
      const json = await Nodes.ask(node, "user.tx_query", { tx_hash: hash }, signal);
      const result = objectOf(json, "the answer");
      const height = result["height"];
      return typeof height === "number" && height > 0 ? receipt(hash, node, result["tx_result"]) : undefined;
    });
  }
}

/** Whether another transaction is next, or nodes say so. */
function isNonceRefused(error: unknown): boolean {
  return error instanceof RefusedError && error.reason === "Rejected" && error.code === INVALID_NONCE;
}

function receipt(hash: string, node: Node, json: unknown): Receipt {
  const result = objectOf(json, "the result");
  const code = numberOf(result["code"], "code");
  const log = textOf(result["log"] ?? "", "log").slice(0, LOG);
  if (code !== 0) {
    throw new RefusedError("Failed", code, log.replace(REFUSAL, ""));
  }
  return { hash, log, node: node.url };
}
