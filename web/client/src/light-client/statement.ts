import type { Reader } from "../bytes/reader.ts";
import { EncodingError } from "../errors.ts";
import { LAST_MILLIS } from "../limits.ts";
import type { Root } from "../tree/root.ts";
import { readChainId } from "./chain-id.ts";

const VERSION = 1;

/** What validators sign after executing a height. */
export interface RootStatement {
  readonly chainId: string;
  readonly epoch: bigint;
  readonly height: bigint;
  /** Whether it is the last height of its epoch: then the state holds the validators of the next but one. */
  readonly endsEpoch: boolean;
  /** The digest of the block's header. */
  readonly header: Uint8Array;
  /** The root of the state after the height. */
  readonly root: Root;
  /** The time of the block in milliseconds since 1970. */
  readonly timeMillis: bigint;
}

/** Reads a statement where it stands within other bytes. */
export function readStatement(reader: Reader): RootStatement {
  const version = reader.u8();
  if (version !== VERSION) {
    throw new EncodingError("Version", `the statement is of version ${version}, only ${VERSION} is known`);
  }
  return {
    chainId: readChainId(reader),
    epoch: reader.u64(),
    height: reader.u64(),
    endsEpoch: readFlag(reader),
    header: reader.take(32),
    root: { hash: reader.take(32), count: reader.u64() },
    timeMillis: readTime(reader),
  };
}

function readFlag(reader: Reader): boolean {
  const flag = reader.u8();
  if (flag > 1) {
    throw new EncodingError("Flag", `${flag} stands where 0 or 1 must tell whether the epoch ends`);
  }
  return flag === 1;
}

function readTime(reader: Reader): bigint {
  const millis = reader.u64();
  if (millis > LAST_MILLIS) {
    throw new EncodingError("Time", `the time ${millis} is after the year 9999`);
  }
  return millis;
}
