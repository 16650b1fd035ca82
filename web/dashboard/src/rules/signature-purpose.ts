/** What a wallet is asked to sign, told from the very text that it signs. */
export type Purpose =
  | { readonly kind: "sign-in"; readonly node: string }
  | { readonly kind: "ownership" }
  | { readonly kind: "write-grant" }
  | { readonly kind: "transaction"; readonly description: string }
  | { readonly kind: "other" };

const SIGN_IN = " wants you to sign in with your account:\n";
const OWNERSHIP = "Sign to add this wallet to your idOS profile\n";
const WRITE_GRANT = "operation: delegatedWriteGrant\n";
const TRANSACTION = /^([^\n]*)\n\nPayloadType: execute\n/;

/** Recognises the texts that the SDK composes. */
export function purposeOf(text: string): Purpose {
  const signIn = text.indexOf(SIGN_IN);
  if (signIn > 0 && !text.slice(0, signIn).includes("\n")) {
    return { kind: "sign-in", node: text.slice(0, signIn) };
  }
  if (text.startsWith(OWNERSHIP)) {
    return { kind: "ownership" };
  }
  if (text.startsWith(WRITE_GRANT)) {
    return { kind: "write-grant" };
  }
  const [, description] = TRANSACTION.exec(text) ?? [];
  return description === undefined ? { kind: "other" } : { kind: "transaction", description };
}
