import type { WALLET_TYPES } from "./tables.ts";

/** The kinds of wallet that a person can link. */
export type WalletType = (typeof WALLET_TYPES)[number];

/** ASCII letters in lower case: how grantees and addresses compare. */
export function fold(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Who signs, in the one spelling by which equal identities are equal texts. */
export function identityOf(caller: string): string {
  const isEvm = /^0[xX]/.test(caller);
  const isHexKey = /^[0-9a-fA-F]{64}$/.test(caller);
  return isEvm || isHexKey ? fold(caller) : caller;
}

/** The identity of a linked wallet; undefined if the key is missing that it is known by. */
export function identityOfWallet(
  type: WalletType,
  address: string,
  publicKey: string | null,
): string | undefined {
  const isKnownByKey = type === "NEAR" || type === "FaceSign";
  const text = isKnownByKey ? publicKey : address;
  return text === null ? undefined : identityOf(text);
}
