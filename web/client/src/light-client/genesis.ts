import { bytesToHex, compareBytes, concatBytes, fromHex, littleEndian } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import type { Checkpoint } from "./light-client.ts";
import { encodeNodeAddress } from "./node-address.ts";

/** Version of the encoding of a set. */
const VERSION = 1;

/** A validator as `genesis.toml` names it. */
export interface GenesisValidator {
  /** 64 hexadecimal digits. */
  readonly key: string;
  /** Like `192.0.2.1:8485`. */
  readonly address: string;
}

/** The first checkpoint of a network: its genesis fixes who validates in epochs 0 and 1. */
export function genesisCheckpoint(chainId: string, validators: readonly GenesisValidator[]): Checkpoint {
  const members = validators.map(({ key, address }) => {
    const bytes = encodeNodeAddress(address);
    if (bytes === undefined || !/^[0-9a-fA-F]{64}$/.test(key)) {
      throw new UsageError("Configuration", "a validator of a genesis has a key and an address");
    }
    return concatBytes(fromHex(key), bytes);
  });
  members.sort(compareBytes);
  const header = [littleEndian(VERSION, 2), littleEndian(members.length, 2)];
  const set = bytesToHex(concatBytes(...header, ...members));
  return { chainId, epoch: "0", sets: [set, set] };
}
