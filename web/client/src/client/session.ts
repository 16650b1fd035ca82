import { bytesToHex, toBase64 } from "../bytes/bytes.ts";
import type { Node } from "../nodes/node.ts";
import { isNotSignedIn, NoAnswerError, NodeError } from "../nodes/node-error.ts";
import { Nodes } from "../nodes/nodes.ts";
import type { Signer } from "../signer/signer.ts";
import { objectOf } from "../wire/json.ts";
import {
  parseSignInParameters,
  type SignInParameters,
  signInText,
  unexpectedOf,
} from "../wire/sign-in-text.ts";
import type { Network } from "./network.ts";

/** Milliseconds that a sign-in may take: the first one of a person is recorded in a block. */
const SIGN_IN_MILLIS = 20_000;

/** Signs one person in where a node asks for it, and no more often. */
export class Session {
  readonly #network: Network;
  readonly #signer: Signer;
  /** How often it has signed in. */
  #count = 0;
  #pending: Promise<void> | undefined;

  constructor(network: Network, signer: Signer) {
    this.#network = network;
    this.#signer = signer;
  }

  /** Reads; if a node asks its caller to sign in, once more after that. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    const count = this.#count;
    try {
      return await work();
    } catch (error) {
      if (!isNotSignedIn(error)) {
        throw error;
      }
      if (this.#count === count) {
        await this.signIn(error.url);
      }
      const again = work();
      // If whoever took the sign-in gives no session, the next one is at another node.
      again.catch((it: unknown) => isNotSignedIn(it) && this.#network.nodes.passOver(it.url));
      return again;
    }
  }

  /** Signs in, at the node with this URL if that works. Who asks at the same time waits for the same signature. */
  async signIn(url?: string): Promise<void> {
    this.#pending ??= this.#signedIn(url).finally(() => {
      this.#pending = undefined;
    });
    await this.#pending;
  }

  /**
   * Ends the session, and forgets it. In browsers every node may have one of its own, which nobody here can see: all are
   * asked, and one that does not answer is told of. Another person's session stays.
   */
  async signOut(): Promise<void> {
    const { nodes } = this.#network;
    const account = bytesToHex(this.#signer.sender);
    const parse = (result: unknown) => objectOf(result, "the answer");
    try {
      if (nodes.keepsSession) {
        await nodes.request("kgw.logout", { account }, parse);
        return;
      }
      const failures = await nodes.everywhere("kgw.logout", { account }, parse);
      if (failures.length > 0) {
        throw new NoAnswerError(failures, "a session may go on, for an hour at most, where it was not ended");
      }
    } finally {
      nodes.forgetSession();
    }
  }

  async #signedIn(url: string | undefined): Promise<void> {
    const { nodes, chainId } = this.#network;
    const { node, parameters } = await nodes.preferring(url).read(async (node, signal) => {
      const result = await Nodes.ask(node, "kgw.authn_param", {}, signal);
      return { node, parameters: this.#ofThisNode(node, parseSignInParameters(result)) };
    });
    const signature = await this.#signer.sign(signInText(node.url, chainId, parameters));
    const { authType, sender } = this.#signer;
    const params = {
      nonce: parameters.nonce,
      sender: bytesToHex(sender),
      signature: { sig: toBase64(signature), type: authType },
    };
    const answer = node.request("kgw.authn", params, SIGN_IN_MILLIS);
    // Others may take what this one does not, but only with another signature.
    answer.catch(() => nodes.rest(node));
    objectOf(await answer, "the answer");
    this.#count += 1;
  }

  /** Nobody signs for a node what another one, or another chain, could use, or what is no sign-in. */
  #ofThisNode(node: Node, parameters: SignInParameters): SignInParameters {
    const { domain, version, chainId } = parameters;
    if (domain !== node.url || version !== "1") {
      const text = `the node calls itself ${domain.slice(0, 200)}: use the URL that it is known by`;
      throw new NodeError("OtherNode", node.url, text);
    }
    if (chainId !== this.#network.chainId) {
      throw new NodeError("OtherNode", node.url, "the node is of another chain");
    }
    const what = unexpectedOf(parameters, node.url, Date.now());
    if (what !== undefined) {
      const text = `the ${what} of the sign-in that the node wants signed is not right, by the clock of this machine`;
      throw new NodeError(what === "time of issue" ? "SignInTime" : "SignInText", node.url, text);
    }
    return parameters;
  }
}
