import type { Enclave } from "idos-client/enclave";
import { createContext, use } from "react";

export interface EnclaveAccess {
  /** The enclave, once its frame answers. Rejects if there is none. */
  readonly open: () => Promise<Enclave>;
  /**
   * Why the last key ring that the enclave gave was not stored; undefined if it was, or none was given since this was
   * taken. An `UnfinishedError` if one was stored since then. The enclave does not believe the page, so it says only that
   * it is not certain: the page knows.
   */
  readonly takeRingError: () => unknown;
  /** Counts locks by the enclave, so that what is shown of its state can be asked again. */
  readonly locks: number;
  /** Names what the frame shows, for the heading above it. */
  readonly setTitle: (title: string) => void;
}

export const EnclaveContext = createContext<EnclaveAccess | undefined>(undefined);

export function useEnclave(): EnclaveAccess {
  const access = use(EnclaveContext);
  if (access === undefined) {
    throw new Error("EnclaveContext is missing");
  }
  return access;
}
