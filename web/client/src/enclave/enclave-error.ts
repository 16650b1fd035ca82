import { type Fault, IdosError } from "../errors.ts";
import type { EnclaveReason } from "./protocol.ts";

const FAULTS: Readonly<Record<EnclaveReason, Fault>> = {
  Declined: "person",
  Locked: "caller",
  PopupBlocked: "caller",
  OtherProfile: "caller",
  BadRequest: "caller",
  Unreadable: "node",
  RecipientKey: "caller",
  InvalidCredential: "caller",
  KeyRing: "node",
  Network: "network",
  Unsupported: "person",
  Internal: "enclave",
};

/** The enclave did not do what it was asked. */
export class EnclaveError extends IdosError {
  override readonly name = "EnclaveError";
  override readonly fault: Fault;
  override readonly reason: EnclaveReason;

  constructor(reason: EnclaveReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.fault = FAULTS[reason];
  }
}

/** Whether a text is one of the reasons. */
export function isEnclaveReason(text: unknown): text is EnclaveReason {
  return typeof text === "string" && Object.hasOwn(FAULTS, text);
}
