import { EnclaveError, type EnclaveReason } from "idos-client/enclave";
import {
  CryptoError,
  KeyRingError,
  OpenError,
  RecoveryWordsError,
  SealError,
  UnlockError,
} from "idos-crypto";

/** An error as the page may see it: what the library of keys says holds no secret. */
export function explained(error: unknown): unknown {
  return error instanceof CryptoError
    ? new EnclaveError(reasonOf(error), error.message, { cause: error })
    : error;
}

function reasonOf(error: CryptoError): EnclaveReason {
  if (error instanceof KeyRingError || error instanceof UnlockError) {
    return "KeyRing";
  }
  if (error instanceof SealError) {
    return error.reason === "WeakKey" ? "RecipientKey" : "BadRequest";
  }
  if (error instanceof OpenError) {
    return "Unreadable";
  }
  return error instanceof RecoveryWordsError ? "Declined" : "BadRequest";
}
