import {
  type Checkpoint,
  LightClient,
  LightClientError,
  type RootCertificate,
  type RootStatement,
  type SetChange,
} from "idos-client/light-client";
import { fingerprint } from "./fingerprint.ts";
import { TEXTS } from "./texts.ts";

/** What this browser remembers between pages. */
export interface Memory {
  read(name: string): string | null;
  write(name: string, value: string | null): void;
}

/** Who was trusted first, and how far their changes were followed. */
interface Followed {
  readonly anchor: string;
  readonly checkpoint: Checkpoint;
}

const OWN = "idos-explorer-checkpoint";
const FOLLOWED = "idos-explorer-followed";
const FIRST_SEEN = "idos-explorer-first-seen";

/** Honest nodes give these too: to a clock that is wrong, of a network that stands still, or without older changes. */
const NO_LIE: ReadonlySet<LightClientError["reason"]> = new Set(["TooOld", "Ahead", "EpochUnknown"]);

/** Where the checks of a visitor start. */
export interface Anchor {
  readonly checkpoint: Checkpoint;
  readonly fingerprint: string;
  /** Whether the visitor gave it; else this node did. */
  readonly isOwn: boolean;
  /** Whether this node named another one before. */
  readonly hasChanged: boolean;
}

/** There is nothing to start from, or it leads nowhere. */
export class TrustError extends Error {
  override readonly name = "TrustError";
}

/** The checkpoint that the visitor gave for this chain. */
export function ownCheckpoint(memory: Memory, chainId: string): Checkpoint | undefined {
  const text = memory.read(OWN);
  try {
    const checkpoint = text === null ? undefined : readCheckpoint(text);
    return checkpoint?.chainId === chainId ? checkpoint : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a checkpoint of the visitor's, or forgets it. Throws if the text is none of this chain. */
export function keepCheckpoint(memory: Memory, chainId: string, text: string | null): void {
  if (text !== null) {
    const checkpoint = readCheckpoint(text);
    if (checkpoint.chainId !== chainId) {
      throw new TrustError(TEXTS.checkpointOtherChain(checkpoint.chainId));
    }
  }
  memory.write(OWN, text);
}

/** Reads a checkpoint that somebody typed, and no other text. */
function readCheckpoint(text: string): Checkpoint {
  try {
    const { chainId, epoch, sets } = JSON.parse(text) as Partial<Checkpoint>;
    const [first, second] = sets ?? [];
    if ([chainId, epoch, first, second].every((value) => typeof value === "string")) {
      return LightClient.trusting({ chainId, epoch, sets: [first, second] } as Checkpoint).checkpoint();
    }
  } catch (cause) {
    throw new TrustError(TEXTS.checkpointBad, { cause });
  }
  throw new TrustError(TEXTS.checkpointBad);
}

/** Where to start, given what this node names. */
export function anchorOf(memory: Memory, chainId: string, named: Checkpoint | null): Anchor {
  const own = ownCheckpoint(memory, chainId);
  if (own !== undefined) {
    return { checkpoint: own, fingerprint: fingerprint(own), isOwn: true, hasChanged: false };
  }
  if (named === null || named.chainId !== chainId) {
    throw new TrustError(TEXTS.noCheckpoint);
  }
  const seen = fingerprint(named);
  const name = `${FIRST_SEEN}:${chainId}`;
  const first = memory.read(name);
  if (first === null) {
    memory.write(name, seen);
  }
  return { checkpoint: named, fingerprint: seen, isOwn: false, hasChanged: first !== null && first !== seen };
}

/** Follows the validators from where this browser starts. */
export class Trust {
  readonly anchor: Anchor;
  readonly #memory: Memory;
  readonly #setChanges: (fromEpoch: bigint) => Promise<SetChange[]>;

  constructor(anchor: Anchor, memory: Memory, setChanges: (fromEpoch: bigint) => Promise<SetChange[]>) {
    this.anchor = anchor;
    this.#memory = memory;
    this.#setChanges = setChanges;
  }

  /** What a certificate certifies, if enough of the validators of its epoch signed it. */
  async certified(certificate: RootCertificate, maxAgeMillis: number): Promise<RootStatement> {
    const light = this.#start(certificate.statement.epoch);
    while (certificate.statement.epoch > light.epoch + 1n) {
      const before = light.epoch;
      for (const change of await this.#setChanges(light.unknownEpoch)) {
        if (certificate.statement.epoch <= light.epoch + 1n) {
          break;
        }
        light.advance(change);
      }
      if (light.epoch === before) {
        break;
      }
    }
    const statement = light.certified(certificate, { minHeight: 0n, maxAgeMillis, nowMillis: Date.now() });
    const followed: Followed = { anchor: this.anchor.fingerprint, checkpoint: light.checkpoint() };
    this.#memory.write(FOLLOWED, JSON.stringify(followed));
    return statement;
  }

  /** The latest point that was reached from the anchor, unless the epoch is before it. */
  #start(epoch: bigint): LightClient {
    const text = this.#memory.read(FOLLOWED);
    try {
      const followed = text === null ? undefined : (JSON.parse(text) as Followed);
      if (followed?.anchor === this.anchor.fingerprint && BigInt(followed.checkpoint.epoch) <= epoch) {
        return LightClient.trusting(followed.checkpoint);
      }
    } catch {
      // What is kept is only there to save time.
    }
    const light = LightClient.trusting(this.anchor.checkpoint);
    if (epoch < light.epoch) {
      throw new TrustError(TEXTS.tooOld);
    }
    return light;
  }
}

/** Whether an error says that a node lied, and not that something is missing. */
export function isRefuted(error: unknown): boolean {
  const isNoLie = error instanceof LightClientError && NO_LIE.has(error.reason);
  return !isNoLie && error instanceof Error && "fault" in error && error.fault === "node";
}
