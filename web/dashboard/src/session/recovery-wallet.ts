import type { Person, SignedWallet } from "idos-client";
import type { OwnedWallet } from "idos-client/enclave";
import { asObject, keep, kept } from "./storage.ts";

/** The wallet of recovery words, as it is linked. */
export function recoveryWallet({ publicKey, message, signature }: OwnedWallet): SignedWallet {
  return { id: crypto.randomUUID(), type: "FaceSign", address: publicKey, publicKey, message, signature };
}

/** Links the wallet of recovery words, unless it is linked already. */
export async function linkRecovery(person: Person, owned: OwnedWallet): Promise<void> {
  const { value: wallets } = await person.wallets();
  if (!wallets.some((it) => it.type === "FaceSign" && it.address === owned.publicKey)) {
    await person.linkWallet(recoveryWallet(owned));
  }
}

const name = (userId: string) => `idos-unlinked-words:${userId}`;

/**
 * The wallets of recovery words that open a person's data and are not linked yet: the words are shown only once, so they
 * could not be linked later. Nothing in them is secret.
 */
export function unlinkedWords(userId: string): readonly OwnedWallet[] {
  const all = kept(name(userId));
  return Array.isArray(all) ? all.map(asOwnedWallet).filter((it) => it !== undefined) : [];
}

/** Keeps them, as far as the browser lets it. */
export function keepUnlinkedWords(userId: string, words: readonly OwnedWallet[]): void {
  keep(name(userId), words.length === 0 ? undefined : words);
}

/** The wallet in what was kept; undefined if there is none in it. */
export function asOwnedWallet(value: unknown): OwnedWallet | undefined {
  const { publicKey, message, signature } = asObject(value) ?? {};
  return typeof publicKey === "string" && typeof message === "string" && typeof signature === "string"
    ? { publicKey, message, signature }
    : undefined;
}
