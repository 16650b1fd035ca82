import { WalletError } from "idos-client";
import { purposeOf } from "../rules/signature-purpose.ts";

/** How often a wallet of this page was asked to sign somebody in. */
let count = 0;
/** Errors of reads for which a wallet was asked. */
const failures = new WeakSet<Error>();

/** To be told of every text that a wallet is asked to sign. */
export function noteSigning(text: string): void {
  if (purposeOf(text).kind === "sign-in") {
    count += 1;
  }
}

/** Reads, and remembers of a failure whether a wallet was asked to sign in meanwhile. */
export async function afterSignIns<T>(read: () => Promise<T>): Promise<T> {
  const before = count;
  try {
    return await read();
  } catch (error) {
    if (count !== before && error instanceof Error) {
      failures.add(error);
    }
    throw error;
  }
}

/** Whether a read failed at its wallet, or after that was asked to sign in: whoever repeats it has it asked once more. */
export function hasAskedWallet(error: Error | null): boolean {
  return error instanceof WalletError || (error !== null && failures.has(error));
}
