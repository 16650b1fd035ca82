import { IdosError } from "idos-client";
import { EnclaveError, type EnclaveReason } from "idos-client/enclave";
import { TEXTS } from "../texts.ts";

/** An error as people read it: what happened, and what to do. */
export interface ErrorText {
  readonly title: string;
  readonly detail: string;
}

/** An answer of an issuer that is none, or a refusal. */
export class IssuerError extends Error {
  override readonly name = "IssuerError";
}

/** Why the enclave refused; undefined if the error is none of the enclave's. */
export function enclaveReason(error: unknown): EnclaveReason | undefined {
  return error instanceof EnclaveError ? error.reason : undefined;
}

/** Says who has to do what. */
export function errorText(error: unknown): ErrorText {
  const { errors } = TEXTS;
  const detail = error instanceof Error ? sentence(error.message) : "";
  const reason = enclaveReason(error);
  switch (reason) {
    case undefined:
      break;
    case "Declined":
      return { title: errors.declined, detail: errors.declinedHint };
    case "OtherProfile":
      return { title: errors.otherProfile, detail: errors.otherProfileHint };
    default:
      return { title: errors.enclave, detail };
  }
  if (error instanceof IssuerError) {
    return { title: errors.issuer, detail };
  }
  if (!(error instanceof IdosError)) {
    return { title: errors.title, detail };
  }
  switch (error.name) {
    case "WalletError":
      return error.reason === "OtherAccount"
        ? { title: errors.walletOther, detail: errors.walletOtherHint }
        : { title: errors.wallet, detail: errors.walletHint };
    case "AnswerError":
      return error.reason === "Ended"
        ? { title: errors.ended, detail: errors.endedHint }
        : byFault(error, detail);
    case "RefusedError":
      return { title: errors.refused, detail };
    case "UnknownOutcomeError":
      return { title: errors.unknown, detail: errors.unknownHint };
    default:
      return byFault(error, detail);
  }
}

function byFault(error: IdosError, detail: string): ErrorText {
  const { errors } = TEXTS;
  switch (error.fault) {
    case "network":
      return { title: errors.offline, detail: errors.offlineHint };
    case "node":
      return { title: errors.node, detail: errors.nodeHint };
    case "clock":
      return { title: errors.clock, detail: errors.clockHint };
    default:
      return { title: errors.title, detail };
  }
}

function sentence(message: string): string {
  const text = message.trim().slice(0, 400);
  return text === ""
    ? ""
    : `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
