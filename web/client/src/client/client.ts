import { UsageError } from "../errors.ts";
import { isChainId } from "../light-client/chain-id.ts";
import { type Checkpoint, LightClient } from "../light-client/light-client.ts";
import { STALE_SECONDS } from "../limits.ts";
import type { Fetch } from "../nodes/node.ts";
import { Nodes } from "../nodes/nodes.ts";
import type { Signer } from "../signer/signer.ts";
import type { Answer, ReadOptions } from "./certified.ts";
import { Network } from "./network.ts";
import { Person } from "./person.ts";
import { type Paging, QUESTIONS, type Role } from "./questions.ts";
import type { Party } from "./records.ts";

/** Which network, and how to reach it. */
export interface ClientOptions {
  /** Public URLs of nodes, the preferred one first: spelled as the nodes call themselves. */
  readonly nodes: readonly string[];
  /** The name of the chain, from somebody who is trusted: wallets sign for this chain only. */
  readonly chainId: string;
  /** Who validates, from somebody who is trusted. With it every answer that can be proved has to be. */
  readonly checkpoint?: Checkpoint;
  /** How old a proved answer may be, in milliseconds; three minutes, unless something else is said. */
  readonly maxAgeMillis?: number;
  /** Instead of `globalThis.fetch`. */
  readonly fetch?: Fetch;
}

/** The network, as anybody sees it. A wallet makes it a person's: {@link IdosClient.person}. */
export class IdosClient {
  readonly #network: Network;

  constructor({ nodes, chainId, checkpoint, maxAgeMillis = STALE_SECONDS * 1_000, fetch }: ClientOptions) {
    if (!isChainId(chainId) || (checkpoint !== undefined && checkpoint.chainId !== chainId)) {
      throw new UsageError("Configuration", "the chain id is none, or not that of the checkpoint");
    }
    const light = checkpoint === undefined ? undefined : LightClient.trusting(checkpoint);
    const reached = new Nodes(fetch === undefined ? { urls: nodes } : { urls: nodes, fetch });
    this.#network = new Network(chainId, reached, light, maxAgeMillis);
  }

  get chainId(): string {
    return this.#network.chainId;
  }

  /** How far the client has come: keep it, and start from it the next time. Undefined without a first one. */
  checkpoint(): Checkpoint | undefined {
    return this.#network.light?.checkpoint();
  }

  /** The person of a wallet. Nothing is sent, and nothing signed, until something is asked. */
  person(signer: Signer): Person {
    return new Person(this.#network, signer);
  }

  /** The person of a wallet, signed in. */
  async signIn(signer: Signer): Promise<Person> {
    const person = this.person(signer);
    await person.signIn();
    return person;
  }

  /** Whether some profile has a wallet with this address. No proof tells it. */
  hasProfile(address: string): Promise<Answer<boolean>> {
    return this.#network.answer(QUESTIONS.hasProfile(address));
  }

  /** A party with its current keys, to which data is encrypted; undefined if there is none with this id. */
  async party(id: string, options?: ReadOptions): Promise<Answer<Party | undefined>> {
    return this.#network.answer(QUESTIONS.party(id), undefined, options);
  }

  /** A page of the parties; of one role, if one is named. */
  async parties(
    { role, ...paging }: Paging & { readonly role?: Role } = {},
    options?: ReadOptions,
  ): Promise<Answer<readonly Party[]>> {
    return this.#network.answer(QUESTIONS.parties(role, paging), undefined, options);
  }
}
