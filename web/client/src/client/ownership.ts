import { bytesToHex } from "../bytes/bytes.ts";
import type { Signer } from "../signer/signer.ts";
import type { SignedWallet } from "./actions.ts";

/** Has a wallet sign that it belongs to a profile. The text names chain and profile, so it is good for nothing else. */
export async function signOwnership(
  id: string,
  signer: Signer,
  chainId: string,
  userId: string,
): Promise<SignedWallet> {
  const message =
    `Sign to add this wallet to your idOS profile\nchain id: ${chainId}\nprofile: ${userId}\n` +
    `nonce: ${crypto.randomUUID()}`;
  const signature = bytesToHex(await signer.sign(message));
  const { type, address, publicKey } = signer.wallet;
  return { id, type, address, publicKey, message, signature: type === "EVM" ? `0x${signature}` : signature };
}
