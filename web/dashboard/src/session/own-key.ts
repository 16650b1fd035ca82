import type { EnclaveApi, Holder, Unlocked } from "idos-client/enclave";
import { keep, kept } from "./storage.ts";

/**
 * Which keys are known to be the person's own, so that nothing is asked for that would be sealed to another: an issuer
 * makes the profile, and could have put its own key there. Whoever can write this storage can as well change the page.
 */

type Key = Pick<Holder, "userId" | "encryptionPublicKey">;

const name = (userId: string) => `idos-own-key:${userId}`;

/** Whether the enclave made this key here, or unlocked what belongs to it. */
export function isOwnKey({ userId, encryptionPublicKey }: Key): boolean {
  return kept(name(userId)) === encryptionPublicKey;
}

/** Keeps it, as far as the browser lets it. */
export function keepOwnKey({ userId, encryptionPublicKey }: Key): void {
  keep(name(userId), encryptionPublicKey);
}

export function forgetOwnKey(userId: string): void {
  keep(name(userId), undefined);
}

/** Unlocks: the enclave refuses if what the person has does not open what is sealed to the holder's key. */
export async function unlockOwn(enclave: Pick<EnclaveApi, "unlock">, holder: Holder): Promise<Unlocked> {
  const unlocked = await enclave.unlock(holder);
  keepOwnKey(holder);
  return unlocked;
}
