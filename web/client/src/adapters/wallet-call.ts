import { EncodingError, WalletError } from "../errors.ts";

/** Runs what a wallet does. Whatever it throws is the wallet's, and does not reach logs by its own text. */
export async function walletCall<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof WalletError) {
      throw cause;
    }
    if (cause instanceof EncodingError) {
      throw malformed(cause);
    }
    throw new WalletError("Rejected", "the wallet did not sign: it was refused, or the wallet is not there", {
      cause,
    });
  }
}

/** The wallet answered with something that is no signature. */
export function malformed(cause?: unknown): WalletError {
  return new WalletError("Malformed", "the wallet answered with something that is no signature", { cause });
}

/** The wallet signed with another account than the one that was connected. */
export function otherAccount(): WalletError {
  return new WalletError("OtherAccount", "the wallet has another account now: connect it again");
}
