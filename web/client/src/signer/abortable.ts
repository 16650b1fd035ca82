import { WalletError } from "../errors.ts";
import type { Signer } from "./signer.ts";

/**
 * The same signer until `signal` is aborted: then whoever waits for the wallet waits no more, and it is not asked again;
 * both reject with `GivenUp`. What the wallet signs after that goes nowhere, so its nonce is free for the next write.
 *
 * A wallet may never answer, and all writes of a person wait for the one before. There is no time-out: people with a
 * hardware wallet take theirs.
 */
export function abortable(signer: Signer, signal: AbortSignal): Signer {
  const { authType, sender, wallet } = signer;
  return { authType, sender, wallet, sign: (text) => unlessAborted(signal, () => signer.sign(text)) };
}

function unlessAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new WalletError("GivenUp", "nobody waits for this signature any more"));
    if (signal.aborted) {
      giveUp();
      return;
    }
    signal.addEventListener("abort", giveUp, { once: true });
    work()
      .finally(() => signal.removeEventListener("abort", giveUp))
      .then(resolve, reject);
  });
}
