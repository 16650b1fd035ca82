import { bytesToHex, fromBase64, toBase64 } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import { type ProvedAnswer, parseProvedAnswer } from "../evidence/proved-answer.ts";
import { type Proved, verifyAnswer } from "../evidence/verify.ts";
import type { View } from "../evidence/views.ts";
import { decodeCertificate } from "../light-client/certificate.ts";
import { type LightClient, LightClientError } from "../light-client/light-client.ts";
import { decodeSetChange, establishedEpoch, PIECE_BYTES } from "../light-client/set-change.ts";
import { SET_CHANGES } from "../limits.ts";
import type { Node } from "../nodes/node.ts";
import { Nodes } from "../nodes/nodes.ts";
import { callerOf } from "../signer/caller.ts";
import type { AuthType } from "../signer/signer.ts";
import { arrayOf, objectOf, textOf } from "../wire/json.ts";
import { encodeCall } from "../wire/payload.ts";
import { parseCallAnswer } from "../wire/rows.ts";
import { int8 } from "../wire/value.ts";
import { type Answer, certifiedBy, type ReadOptions } from "./certified.ts";
import { ANSWER_FOR_MILLIS, Horizon, type Told } from "./horizon.ts";
import type { Question } from "./question.ts";

const NOTHING_PROVED: View<undefined> = () => undefined;

/** Tells nothing but up to which height the state is certified: the validators of an epoch that does not exist. */
const NOTHING: Question<undefined> = {
  action: "get_validator_set",
  values: [int8(-1)],
  proved: NOTHING_PROVED,
  stated: () => undefined,
};

/** Who asks: without, nobody does. */
export interface Asker {
  readonly authType: AuthType;
  readonly sender: Uint8Array;
}

/** When an answer was asked for. */
interface Asked {
  /** What was newest of all that was proved by then. */
  readonly newest: Told;
  /** By this machine's clock, in milliseconds since 1970. */
  readonly millis: number;
}

/** A chain, the nodes by which it is reached, and what is trusted of it. */
export class Network {
  readonly chainId: string;
  readonly nodes: Nodes;
  /** Undefined if no checkpoint is known: then nothing can be proved. */
  readonly light: LightClient | undefined;
  readonly #maxAgeMillis: number;
  readonly #horizon = new Horizon();

  constructor(chainId: string, nodes: Nodes, light: LightClient | undefined, maxAgeMillis: number) {
    this.chainId = chainId;
    this.nodes = nodes;
    this.light = light;
    this.#maxAgeMillis = maxAgeMillis;
  }

  /**
   * How many of the nodes may lie: of the validators as many as do no harm, or, if nobody is known to validate, a third
   * of the nodes that are named. No more than the fewer half of these, or one that is silent or lies would hold up all
   * others; one at least.
   */
  get faults(): number {
    const others = this.nodes.count - 1;
    const most = this.light?.toleratedFaults ?? Math.floor(others / 3);
    return Math.max(1, Math.min(most, Math.floor(others / 2)));
  }

  /** Answers a question, with proof if that is asked for. */
  async answer<T>(question: Question<T>, asker?: Asker, { proved }: ReadOptions = {}): Promise<Answer<T>> {
    const { light } = this;
    const isProved = proved ?? (light !== undefined && question.proved !== undefined);
    const params = callParams(question, asker);
    if (!isProved) {
      const value = await this.nodes.request("user.call", params, (result) =>
        question.stated(parseCallAnswer(result)),
      );
      return { value, proof: undefined };
    }
    const view = question.proved;
    if (view === undefined) {
      throw new UsageError("NotProvable", `no proof tells what ${question.action} answers`);
    }
    if (light === undefined) {
      throw new UsageError("NoTrust", "answers are proved from a checkpoint: give the client one");
    }
    const caller = asker === undefined ? "" : callerOf(asker.authType, asker.sender);
    await this.#lookAround(light);
    const { statement, answer } = await this.nodes.read(async (node, signal) => {
      const asked = { newest: this.#horizon.newest, millis: Date.now() };
      const given = parseProvedAnswer(await Nodes.ask(node, "idos.prove", params, signal));
      return this.#verified(light, view, caller, asked, given, node, signal);
    }, "areOneNodes");
    this.#horizon.saw(statement);
    return { value: answer, proof: certifiedBy(statement) };
  }

  /** Learns how far the network is, by one node more than may lie. */
  async #lookAround(light: LightClient): Promise<void> {
    const params = callParams(NOTHING, undefined);
    await this.#horizon.look(this.nodes.inOrder(), light, async (node, signal) => {
      const asked = { newest: this.#horizon.newest, millis: Date.now() };
      // All of it: one that begins, and goes on slowly, would hold up the first read.
      const answer = await node.request("idos.prove", params, ANSWER_FOR_MILLIS, signal);
      const given = parseProvedAnswer(answer);
      const { statement } = await this.#verified(light, NOTHING_PROVED, "", asked, given, node, signal);
      return statement;
    });
  }

  /** Checks an answer; if it is of a later epoch, after the set changes that lead there. What that epoch ended is left. */
  async #verified<T>(
    light: LightClient,
    view: View<T>,
    caller: string,
    asked: Asked,
    given: ProvedAnswer,
    node: Node,
    signal: AbortSignal,
  ): Promise<Proved<T>> {
    const verify = () => {
      const nowMillis = Date.now();
      // As new as it had to be when it was asked for: on a slow line it comes for minutes, and ages meanwhile.
      const maxAgeMillis = this.#maxAgeMillis + nowMillis - asked.millis;
      const { epoch: minEpoch, height: minHeight } = asked.newest;
      const freshness = { minEpoch, minHeight, maxAgeMillis, nowMillis };
      return verifyAnswer(light, freshness, view, caller, given);
    };
    for (;;) {
      try {
        const proved = verify();
        // The later one of the epochs that are known has begun: keys of the earlier one may be anybody's now. Proved it
        // is also without, and the next node may know more.
        if (proved.statement.epoch > light.epoch) {
          await follow(light, given, node, signal).catch(() => false);
        }
        return proved;
      } catch (error) {
        const isBehind = error instanceof LightClientError && error.reason === "EpochUnknown";
        if (!isBehind || !(await follow(light, given, node, signal))) {
          throw error;
        }
      }
    }
  }
}

/**
 * Follows the next set changes that a node knows, up to the epoch of its answer and the one after it. False if there are
 * none. The set change that ends that epoch may be there before any block of the next: until then it is the newest.
 */
async function follow(
  light: LightClient,
  given: ProvedAnswer,
  node: Node,
  signal: AbortSignal,
): Promise<boolean> {
  const before = light.epoch;
  const fromEpoch = Number(light.unknownEpoch);
  const result = await Nodes.ask(node, "idos.set_changes", { from_epoch: fromEpoch }, signal);
  const changes = arrayOf(objectOf(result, "the answer")["changes"], "changes", SET_CHANGES).map((change) =>
    decodeSetChange(fromBase64(textOf(change, "a set change"), PIECE_BYTES)),
  );
  // Another read may have followed them meanwhile.
  const upTo = decodeCertificate(given.certificate).statement.epoch;
  light.follow(changes.filter((change) => establishedEpoch(change) <= upTo + 1n));
  return light.epoch > before;
}

function callParams({ action, values }: Question<unknown>, asker: Asker | undefined): object {
  return {
    body: { payload: toBase64(encodeCall(action, values)) },
    auth_type: asker?.authType ?? "secp256k1_ep",
    sender: asker === undefined ? "" : bytesToHex(asker.sender),
    signature: "",
  };
}
