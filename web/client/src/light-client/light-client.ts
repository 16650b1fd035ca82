import { bytesToHex, fromHex } from "../bytes/bytes.ts";
import { type Fault, IdosError, UsageError } from "../errors.ts";
import { CERTIFICATE_AHEAD_MILLIS, EPOCHS_AHEAD } from "../limits.ts";
import { ClaimError, verifyClaim } from "../tree/claim.ts";
import { type RootCertificate, verifyCertificate } from "./certificate.ts";
import { isChainId } from "./chain-id.ts";
import { establishedEpoch, type SetChange } from "./set-change.ts";
import type { RootStatement } from "./statement.ts";
import { decodeValidatorSet, type ValidatorSet, validatorSetLeaf } from "./validator-set.ts";

/**
 * What a client trusts, to be got from somebody who is trusted and to be kept: a chain, and the validators of
 * an epoch and of the one after it, each as the hexadecimal digits of the set's encoding.
 */
export interface Checkpoint {
  readonly chainId: string;
  /** Decimal digits. */
  readonly epoch: string;
  readonly sets: readonly [string, string];
}

/** How recent an answer has to be. */
export interface Freshness {
  /** The least height: that of the caller's last write, for instance. */
  readonly minHeight: bigint;
  /** The epoch of that height, if it is known: heights of a later one are higher, whatever an earlier one names. */
  readonly minEpoch?: bigint;
  /** How long ago the block may have been, in milliseconds. */
  readonly maxAgeMillis: number;
  /** The time by the caller's own clock, in milliseconds since 1970. */
  readonly nowMillis: number;
}

/** Why an answer is not believed. */
export type LightClientReason =
  | "OtherChain"
  | "EpochPassed"
  | "EpochUnknown"
  | "EpochGoesOn"
  | "Set"
  | "TooLow"
  | "TooOld"
  | "Ahead";

/**
 * An answer is not believed: the node is at fault, or, if the block is `Ahead`, this machine's clock. If it is `TooOld`,
 * it may be either.
 */
export class LightClientError extends IdosError {
  override readonly name = "LightClientError";
  override readonly fault: Fault;
  override readonly reason: LightClientReason;

  constructor(reason: LightClientReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.fault = reason === "Ahead" ? "clock" : "node";
  }
}

/** Knows who validates, and so which certificates count. */
export class LightClient {
  readonly #chainId: string;
  #epoch: bigint;
  #sets: readonly [ValidatorSet, ValidatorSet];

  private constructor(chainId: string, epoch: bigint, sets: readonly [ValidatorSet, ValidatorSet]) {
    this.#chainId = chainId;
    this.#epoch = epoch;
    this.#sets = sets;
  }

  /** Trusts a checkpoint; the genesis is that of epoch 0. */
  static trusting(checkpoint: Checkpoint): LightClient {
    if (!isChainId(checkpoint.chainId) || !/^\d{1,19}$/.test(checkpoint.epoch)) {
      throw new UsageError("Configuration", "a checkpoint names a chain and an epoch in decimal digits");
    }
    const [first, second] = checkpoint.sets;
    try {
      return new LightClient(checkpoint.chainId, BigInt(checkpoint.epoch), [
        decodeValidatorSet(fromHex(first)),
        decodeValidatorSet(fromHex(second)),
      ]);
    } catch (cause) {
      throw new UsageError("Configuration", "the validators of the checkpoint cannot be read", { cause });
    }
  }

  get chainId(): string {
    return this.#chainId;
  }

  /** The first epoch whose validators are known; they are known of the one after it too. */
  get epoch(): bigint {
    return this.#epoch;
  }

  /** The first epoch whose validators are not known: the next set change establishes them. */
  get unknownEpoch(): bigint {
    return this.#epoch + EPOCHS_AHEAD;
  }

  /** How many of the validators may lie without harm: fewer than a third, by the larger of the sets that count. */
  get toleratedFaults(): number {
    const faults = this.#sets.map(({ members }) => Math.floor((members.length - 1) / 3));
    return Math.max(...faults);
  }

  /** What is trusted now, to be kept: who was away for long starts from here. */
  checkpoint(): Checkpoint {
    const [first, second] = this.#sets;
    return {
      chainId: this.#chainId,
      epoch: this.#epoch.toString(),
      sets: [bytesToHex(first.encoded), bytesToHex(second.encoded)],
    };
  }

  /** Goes one epoch further. Validators of the epoch that is left are not trusted any longer. */
  advance(change: SetChange): void {
    const { statement } = change.certificate;
    this.#authenticate(change.certificate);
    const epoch = this.unknownEpoch;
    if (establishedEpoch(change) < epoch) {
      throw new LightClientError(
        "EpochGoesOn",
        `the node's set change is of height ${statement.height}, which does not end epoch ${statement.epoch}`,
      );
    }
    if (establishedEpoch(change) > epoch) {
      throw this.#epochUnknown(statement.epoch);
    }
    const leaf = validatorSetLeaf(change.set, epoch, change.salt);
    try {
      verifyClaim(change.proof, statement.root, { kind: "leaf", leaf });
    } catch (cause) {
      if (!(cause instanceof ClaimError)) {
        throw cause;
      }
      const text = `the node's validators of epoch ${epoch} are not proved: ${cause.message}`;
      throw new LightClientError("Set", text, { cause });
    }
    this.#epoch += 1n;
    this.#sets = [this.#sets[1], change.set];
  }

  /** Follows the changes that are not known yet. Those that hold stay followed even if a later one does not. */
  follow(changes: readonly SetChange[]): void {
    const first = changes.findIndex((change) => establishedEpoch(change) >= this.unknownEpoch);
    for (const change of first < 0 ? [] : changes.slice(first)) {
      this.advance(change);
    }
  }

  /** What a certificate certifies, if it holds and is recent enough. */
  certified(certificate: RootCertificate, freshness: Freshness): RootStatement {
    this.#authenticate(certificate);
    const { statement } = certificate;
    const { minHeight, minEpoch = statement.epoch } = freshness;
    if (statement.epoch < minEpoch || (statement.epoch === minEpoch && statement.height < minHeight)) {
      throw new LightClientError(
        "TooLow",
        `the node answers from height ${statement.height}, at least ${minHeight} of epoch ${minEpoch} is needed`,
      );
    }
    const age = freshness.nowMillis - Number(statement.timeMillis);
    if (age > freshness.maxAgeMillis && age > 0) {
      throw new LightClientError(
        "TooOld",
        `the node answers from ${age} ms ago, at most ${freshness.maxAgeMillis} ms are allowed`,
      );
    }
    if (-age > CERTIFICATE_AHEAD_MILLIS) {
      throw new LightClientError("Ahead", `the block is ${-age} ms ahead of this clock: set the clock`);
    }
    return statement;
  }

  /** The keys of those who signed a certificate that {@link certified} took, in their order. */
  signers(certificate: RootCertificate): readonly Uint8Array[] {
    const { members } = this.#setOf(certificate.statement.epoch);
    return certificate.signatures.flatMap(({ number }) => members[number]?.key ?? []);
  }

  /** Whether a certificate is of this chain, of a known epoch, and signed by enough of its validators. */
  #authenticate(certificate: RootCertificate): void {
    const { chainId, epoch } = certificate.statement;
    if (chainId !== this.#chainId) {
      throw new LightClientError(
        "OtherChain",
        `the node answers for the chain ${chainId}, not for ${this.#chainId}`,
      );
    }
    if (epoch < this.#epoch) {
      throw new LightClientError(
        "EpochPassed",
        `the node answers from epoch ${epoch}, which epoch ${this.#epoch} has long replaced`,
      );
    }
    verifyCertificate(certificate, this.#setOf(epoch));
  }

  #setOf(epoch: bigint): ValidatorSet {
    const at = epoch - this.#epoch;
    if (at !== 0n && at !== 1n) {
      throw this.#epochUnknown(epoch);
    }
    return this.#sets[at === 0n ? 0 : 1];
  }

  #epochUnknown(got: bigint): LightClientError {
    return new LightClientError(
      "EpochUnknown",
      `the node answers from epoch ${got} without the set changes from epoch ${this.#epoch} on`,
    );
  }
}
