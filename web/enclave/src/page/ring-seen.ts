import { EnclaveError } from "idos-client/enclave";
import { TEXTS } from "../texts.ts";
import { revisionSeen } from "./memory.ts";

/**
 * Refuses to treat a person whose key ring was seen here as one without. Whoever leaves the ring out would have a
 * password accepted that the person gave up, or another ring put in its place. `seen` is what the other document of the
 * enclave has seen: browsers may give the two different storages.
 */
export function refuseWithoutRing(userId: string, seen = 0n): void {
  if (seen > 0n || revisionSeen(userId) > 0n) {
    throw new EnclaveError("KeyRing", TEXTS.change.ringSeen);
  }
}
