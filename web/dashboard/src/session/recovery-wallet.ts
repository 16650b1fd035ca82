import type { Person, SignedWallet } from "idos-client";
import type { OwnedWallet } from "idos-client/enclave";

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
