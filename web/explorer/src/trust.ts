import {
  bytesToHex,
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

/** What a node named at the first visit: browsers keep storage for one origin, so there is one of it. */
export interface FirstSeen {
  readonly chainId: string;
  readonly fingerprint: string;
}

const OWN = "idos-explorer-checkpoint";
const FOLLOWED = "idos-explorer-followed";
const FIRST_SEEN = "idos-explorer-first-seen";

/** Honest nodes give these too: to a clock that is wrong, of a network that stands still, or without older changes. */
const NO_LIE: ReadonlySet<LightClientError["reason"]> = new Set(["TooOld", "Ahead", "EpochUnknown"]);

/** What a certificate certifies, and whose signatures say so. */
export interface Certified {
  readonly statement: RootStatement;
  /** Their keys as hexadecimal digits, in order. */
  readonly signers: readonly string[];
}

/** Where the checks of a visitor start. */
export interface Anchor {
  readonly checkpoint: Checkpoint;
  readonly fingerprint: string;
  /** Whether the visitor gave it; else this node did. */
  readonly isOwn: boolean;
  /** What this node named at the first visit, if that was something else. */
  readonly before: FirstSeen | undefined;
}

/** There is nothing to start from, or it leads nowhere. */
export class TrustError extends Error {
  override readonly name = "TrustError";
}

/** The node is of another chain than the visitor's own checkpoint: nothing that it says can be checked from there. */
export class OtherChainError extends TrustError {
  readonly fault = "node";

  constructor(own: string, named: string) {
    super(TEXTS.ownOtherChain(own, named));
  }
}

/** The checkpoint that the visitor gave, of whatever chain. Throws if what is kept is none. */
export function ownCheckpoint(memory: Memory): Checkpoint | undefined {
  const text = memory.read(OWN);
  try {
    return text === null ? undefined : readCheckpoint(text);
  } catch (cause) {
    throw new TrustError(TEXTS.ownUnreadable, { cause });
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

/** Where to start, given what this node names. Never from what it names if the visitor gave something. */
export function anchorOf(memory: Memory, chainId: string, given: Checkpoint | null): Anchor {
  const own = ownCheckpoint(memory);
  if (own !== undefined) {
    if (own.chainId !== chainId) {
      throw new OtherChainError(own.chainId, chainId);
    }
    return { checkpoint: own, fingerprint: fingerprint(own), isOwn: true, before: undefined };
  }
  const named = namedCheckpoint(chainId, given);
  const seen: FirstSeen = { chainId, fingerprint: fingerprint(named) };
  const first = firstSeen(memory, seen);
  // The chain is in the fingerprint too.
  const isSame = first.fingerprint === seen.fingerprint;
  return {
    checkpoint: named,
    fingerprint: seen.fingerprint,
    isOwn: false,
    before: isSame ? undefined : first,
  };
}

/** What this node names, in its one spelling: else one checkpoint would have many fingerprints. */
export function namedCheckpoint(chainId: string, given: Checkpoint | null): Checkpoint {
  if (given === null || given.chainId !== chainId) {
    throw new TrustError(TEXTS.noCheckpoint);
  }
  return LightClient.trusting(given).checkpoint();
}

/** What the node named at the first visit, which may be this one. */
function firstSeen(memory: Memory, seen: FirstSeen): FirstSeen {
  const text = memory.read(FIRST_SEEN);
  if (text === null) {
    memory.write(FIRST_SEEN, JSON.stringify(seen));
    return seen;
  }
  try {
    const { chainId, fingerprint } = JSON.parse(text) as Partial<Record<keyof FirstSeen, unknown>>;
    if (typeof chainId === "string" && typeof fingerprint === "string") {
      return { chainId, fingerprint };
    }
  } catch {
    // As below.
  }
  // Something was named, and nobody knows that it was this.
  return { chainId: seen.chainId, fingerprint: "" };
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

  /**
   * What a certificate certifies, if enough of the validators of its epoch signed it. Unless it may be of any age, that
   * epoch is not over, as far as this browser ever found out: keys of those who left since may be anybody's.
   */
  async certified(certificate: RootCertificate, maxAgeMillis: number): Promise<Certified> {
    const { epoch } = certificate.statement;
    const mayBeOld = maxAgeMillis === Number.POSITIVE_INFINITY;
    const light = this.#start(epoch, mayBeOld);
    if (epoch < light.epoch) {
      throw new TrustError(mayBeOld ? TEXTS.tooOld : TEXTS.epochOver);
    }
    await this.#follow(light, mayBeOld ? epoch - 1n : epoch);
    const statement = light.certified(certificate, { minHeight: 0n, maxAgeMillis, nowMillis: Date.now() });
    this.#keep(light.checkpoint());
    return { statement, signers: light.signers(certificate).map(bytesToHex) };
  }

  /** Follows the changes until this epoch is the first one that is known, or there are no more of them. */
  async #follow(light: LightClient, epoch: bigint): Promise<void> {
    while (light.epoch < epoch) {
      const before = light.epoch;
      for (const change of await this.#setChanges(light.unknownEpoch)) {
        if (light.epoch < epoch) {
          light.advance(change);
        }
      }
      if (light.epoch === before) {
        return;
      }
    }
  }

  /** From the latest point that was reached from the anchor; from the anchor to an epoch before that, if it may be. */
  #start(epoch: bigint, mayBeOld: boolean): LightClient {
    const followed = this.#followed();
    const isBefore = followed !== undefined && epoch < followed.epoch;
    return followed === undefined || (isBefore && mayBeOld)
      ? LightClient.trusting(this.anchor.checkpoint)
      : followed;
  }

  /** As far as this browser came from the anchor. */
  #followed(): LightClient | undefined {
    const text = this.#memory.read(FOLLOWED);
    try {
      const followed = text === null ? undefined : (JSON.parse(text) as Followed);
      return followed?.anchor === this.anchor.fingerprint
        ? LightClient.trusting(followed.checkpoint)
        : undefined;
    } catch {
      // As if nothing were kept.
      return undefined;
    }
  }

  /** Keeps how far this browser came, which nothing takes back. */
  #keep(checkpoint: Checkpoint): void {
    const before = this.#followed();
    if (before === undefined || before.epoch < BigInt(checkpoint.epoch)) {
      const followed: Followed = { anchor: this.anchor.fingerprint, checkpoint };
      this.#memory.write(FOLLOWED, JSON.stringify(followed));
    }
  }
}

/** Whether an error says that a node lied, and not that something is missing. */
export function isRefuted(error: unknown): boolean {
  const isNoLie = error instanceof LightClientError && NO_LIE.has(error.reason);
  return !isNoLie && error instanceof Error && "fault" in error && error.fault === "node";
}
