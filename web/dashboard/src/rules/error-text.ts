import { IdosError, WalletError } from "idos-client";
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
  /** Whether it answered that it does not do it. Else it may have done it, and its answer was lost. */
  readonly isRefusal: boolean;

  constructor(
    message: string,
    { isRefusal = false, ...options }: ErrorOptions & { isRefusal?: boolean } = {},
  ) {
    super(message, options);
    this.isRefusal = isRefusal;
  }
}

/** A wallet was chosen that this browser does not have. */
export class NotInstalledError extends Error {
  override readonly name = "NotInstalledError";
  readonly wallet: string;

  constructor(wallet: string) {
    super(`${wallet} is not installed`);
    this.wallet = wallet;
  }
}

/** Something failed after something else had been done: that nothing was changed is not said of it. */
export class UnfinishedError extends Error {
  override readonly name = "UnfinishedError";
  /** What is done and what is left, for people; undefined if that is said in general. */
  readonly state: string | undefined;

  constructor(cause: unknown, state?: string) {
    super(cause instanceof Error ? cause.message : "some of it is done, and some is not", { cause });
    this.state = state;
  }
}

/** Does what comes after something else, if that `isDone`. */
export async function afterwards<T>(isDone: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDone && !(error instanceof UnfinishedError) ? new UnfinishedError(error) : error;
  }
}

/** Why the enclave refused; undefined if the error is none of the enclave's. */
export function enclaveReason(error: unknown): EnclaveReason | undefined {
  return error instanceof EnclaveError ? error.reason : undefined;
}

/** Whether the person ended it themselves, before anything was done: that is no fault. */
export function isOwnChoice(error: unknown): boolean {
  return enclaveReason(error) === "Declined" || (error instanceof WalletError && error.reason === "GivenUp");
}

/** Says who has to do what. Of what was only to be read it is not said that nothing was changed. */
export function errorText(error: unknown, isRead = false): ErrorText {
  const isUnfinished = error instanceof UnfinishedError;
  const { title, detail, isUnchanged = false } = words(isUnfinished ? error.cause : error);
  const change = isUnfinished
    ? (error.state ?? TEXTS.errors.unfinished)
    : isUnchanged && !isRead
      ? TEXTS.errors.unchanged
      : "";
  return { title, detail: [change, detail].filter((it) => it !== "").join(" ") };
}

/** What is said of one thing that failed. */
interface Words extends ErrorText {
  /** Whether by this alone nothing was changed. */
  readonly isUnchanged?: boolean;
}

function words(error: unknown): Words {
  const { errors } = TEXTS;
  const detail = error instanceof Error ? sentence(error.message) : "";
  const reason = enclaveReason(error);
  switch (reason) {
    case undefined:
      break;
    case "Declined":
      return { title: errors.declined, detail: "", isUnchanged: true };
    case "OtherProfile":
      return { title: errors.otherProfile, detail: errors.otherProfileHint };
    default:
      return { title: errors.enclave, detail };
  }
  if (error instanceof IssuerError) {
    return { title: errors.issuer, detail };
  }
  if (error instanceof NotInstalledError) {
    return { title: errors.notInstalled(error.wallet), detail: errors.notInstalledHint };
  }
  if (!(error instanceof IdosError)) {
    return { title: errors.title, detail };
  }
  switch (error.name) {
    case "WalletError":
      return ofWallet(error.reason);
    case "AnswerError":
      return error.reason === "Ended"
        ? { title: errors.ended, detail: errors.endedHint }
        : byFault(error, detail);
    case "RefusedError":
      return { title: errors.refused, detail };
    case "UnknownOutcomeError":
      return { title: errors.unknown, detail: errors.unknownHint };
    case "UnprovedError":
      return { title: errors.unproved, detail: errors.unprovedHint };
    case "UnprovableError":
      return { title: errors.unprovable, detail: errors.unprovableHint };
    default:
      return byFault(error, detail);
  }
}

function ofWallet(reason: string): Words {
  const { errors } = TEXTS;
  switch (reason) {
    case "OtherAccount":
      return { title: errors.walletOther, detail: errors.walletOtherHint };
    case "SameAccount":
      return { title: errors.walletSame, detail: errors.walletSameHint, isUnchanged: true };
    case "GivenUp":
      return { title: errors.walletGivenUp, detail: errors.walletGivenUpHint, isUnchanged: true };
    default:
      return { title: errors.wallet, detail: errors.walletHint, isUnchanged: true };
  }
}

function byFault(error: IdosError, detail: string): Words {
  const { errors } = TEXTS;
  switch (error.fault) {
    case "network":
      return { title: errors.offline, detail: errors.offlineHint, isUnchanged: true };
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
