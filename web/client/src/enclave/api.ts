import type { Sealed } from "../client/sealed.ts";
import type { EnclaveMethods } from "./protocol.ts";

/**
 * The enclave as a page sees it: every method of `EnclaveMethods`, answered later. `Enclave.open` gives one.
 *
 * Methods that need the person open a window of the enclave; browsers allow that only in the course of a click.
 * Rejects with an `EnclaveError`, whose `reason` is an `EnclaveReason`.
 */
export type EnclaveApi = {
  readonly [Name in keyof EnclaveMethods]: (
    argument: Parameters<EnclaveMethods[Name]>[0],
  ) => Promise<ReturnType<EnclaveMethods[Name]>>;
};

/** A receipt has what `Person.share` takes from `seal`. */
export type SealedByEnclave = Sealed;
