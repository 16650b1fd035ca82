import { keyRingOf } from "idos-client";
import type { Holder } from "idos-client/enclave";
import { useAttributes, useProfile } from "./person-query.ts";

/** Whose keys the enclave is to unlock; undefined until profile and attributes are there. `HolderFault` says why not. */
export function useHolder(): Holder | undefined {
  const profile = useProfile().data?.value;
  const attributes = useAttributes().data?.value;
  return profile === undefined || profile === null || attributes === undefined
    ? undefined
    : {
        userId: profile.id,
        encryptionPublicKey: profile.encryptionPublicKey,
        keyRing: keyRingOf(attributes)?.value ?? null,
      };
}
