/** Where a visitor is on their way to an account. */
import type { CredentialContent } from "idos-client";
import { IdosError } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { BankError, type Decision } from "./bank.ts";
import type { Visitor } from "./idos.ts";
import { DevelopmentWalletError } from "./wallets.ts";

/** What the page shows. */
export type Stage =
  | { readonly at: "welcome" }
  | { readonly at: "wallet" }
  | { readonly at: "busy"; readonly doing: "signIn" | "reading" | "sharing" | "deciding" }
  | { readonly at: "stopped" }
  | { readonly at: "noProfile" }
  | { readonly at: "noCredential" }
  | {
      readonly at: "offer";
      readonly visitor: Visitor;
      readonly credential: CredentialContent;
      readonly blocked: boolean;
    }
  /** `isSealed` of who agreed in the enclave, so that the page had a copy, and did not sign the grant. */
  | { readonly at: "declined"; readonly isSealed: boolean }
  | {
      readonly at: "decided";
      readonly decision: Decision;
      readonly earlier: boolean;
      readonly visitor: Visitor;
    }
  | { readonly at: "failed"; readonly message: string };

/** Shows a stage. */
export type Show = (stage: Stage) => void;

/** Does something, and shows whatever comes of it: nothing any more once the visitor stopped waiting. */
export async function attempted(
  work: (show: Show) => Promise<Stage>,
  show: Show,
  stopped: AbortSignal,
  offer?: Stage,
): Promise<void> {
  const showUnlessStopped = (stage: Stage) => {
    if (!stopped.aborted) {
      show(stage);
    }
  };
  const stage = await work(showUnlessStopped).catch((error: unknown) => afterError(error, offer));
  showUnlessStopped(stage);
}

/** What comes after a visitor signed in. Who shared before is not asked again. */
export function afterSignIn(visitor: Visitor | undefined): Stage {
  if (visitor === undefined) {
    return { at: "noProfile" };
  }
  return visitor.credential === undefined
    ? { at: "noCredential" }
    : { at: "offer", visitor, credential: visitor.credential, blocked: false };
}

/**
 * What comes after something did not work. A refusal of the person is no error; that of the wallet comes after the
 * enclave's copy if there was an offer, and before it if not.
 */
export function afterError(error: unknown, offer: Stage | undefined): Stage {
  if (error instanceof EnclaveError && error.reason === "PopupBlocked" && offer?.at === "offer") {
    return { ...offer, blocked: true };
  }
  if (error instanceof EnclaveError && error.reason === "Declined") {
    return { at: "declined", isSealed: false };
  }
  if (error instanceof IdosError && error.fault === "wallet" && error.reason === "Rejected") {
    return { at: "declined", isSealed: offer !== undefined };
  }
  return { at: "failed", message: messageOf(error) };
}

/** What to tell people. Texts of these errors hold no personal data; what else was thrown is not shown. */
export function messageOf(error: unknown): string {
  const isForPeople = [IdosError, BankError, DevelopmentWalletError].some((kind) => error instanceof kind);
  return isForPeople && error instanceof Error
    ? error.message
    : "Something went wrong in this page. Reload it, and try again.";
}
