import { bytesToHex, type Checkpoint, digestOfParts, utf8 } from "idos-client/light-client";

/** Digest of a checkpoint, by which people compare it: the twin of the explorer's in Rust. */
export function fingerprint({ chainId, epoch, sets }: Checkpoint): string {
  return bytesToHex(digestOfParts("idos/checkpoint/v1", [chainId, epoch, ...sets].map(utf8)));
}
