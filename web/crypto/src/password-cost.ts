import { argon2idAsync } from "@noble/hashes/argon2.js";
import { CostError } from "./errors.ts";
import {
  FEWEST_ARGON2_PASSES,
  LEAST_ARGON2_KIB,
  MOST_ARGON2_KIB,
  MOST_ARGON2_LANES,
  MOST_ARGON2_PASSES,
} from "./limits.ts";
import type { Password } from "./password.ts";
import { wipe } from "./secret.ts";

const SECRET_BYTES = 32;

/** What a try of a password costs: the parameters of Argon2id (RFC 9106), within the limits. */
export class PasswordCost {
  /**
   * What is used if nothing else is said: the second of the two choices that RFC 9106 recommends, for machines with
   * little memory. 64 MiB, three passes, four lanes.
   */
  static readonly DEFAULT = new PasswordCost(64 * 1024, 3, 4);
  /** The least that is accepted: for devices that cannot do the default. */
  static readonly LEAST = new PasswordCost(LEAST_ARGON2_KIB, FEWEST_ARGON2_PASSES, 1);

  readonly kib: number;
  readonly passes: number;
  readonly lanes: number;

  /**
   * Checks floors and ceilings.
   *
   * @throws CostError
   */
  constructor(kib: number, passes: number, lanes: number) {
    check("memory in KiB", kib, LEAST_ARGON2_KIB, MOST_ARGON2_KIB);
    check("number of passes", passes, FEWEST_ARGON2_PASSES, MOST_ARGON2_PASSES);
    check("number of lanes", lanes, 1, MOST_ARGON2_LANES);
    this.kib = kib;
    this.passes = passes;
    this.lanes = lanes;
  }

  /** @internal The 32 secret bytes that the password gives with this salt. */
  async stretch(password: Password, salt: Uint8Array): Promise<Uint8Array> {
    const { kib: m, passes: t, lanes: p } = this;
    const bytes = password.toBytes();
    try {
      return await argon2idAsync(bytes, salt, { m, t, p, dkLen: SECRET_BYTES });
    } finally {
      wipe(bytes);
    }
  }
}

function check(what: string, got: number, least: number, most: number): void {
  if (Number.isInteger(got) && got >= least && got <= most) {
    return;
  }
  const message = `${what} is ${got}; a key ring has ${least} to ${most}: whoever wrote it is to be distrusted`;
  throw new CostError(got > most ? "Exhausting" : "Weak", message);
}
