import type { WalletType } from "../rows/identity.ts";

/** How a kind of wallet signs and is named on the wire. */
export type AuthType = "secp256k1_ep" | "ed25519" | "nep413" | "xrpl" | "sep53";

/** The wallet as people link it to their profile. */
export interface WalletName {
  readonly type: WalletType;
  readonly address: string;
  /** Undefined for EVM, whose address is enough. */
  readonly publicKey: string | undefined;
}

/**
 * Who signs. Adapters make signers from wallets: `idos-client/evm`, `/near`, `/xrpl`, `/stellar` and `/ed25519`.
 * Whoever writes another takes care that `sign` resolves to the bytes that nodes verify for `authType`, in the spelling
 * that they order: V of EVM as 27 or 28, an envelope of NEAR without an empty callback URL.
 */
export interface Signer {
  readonly authType: AuthType;
  /** EVM: 20 bytes of the address. XRPL: 33 of the key. Stellar: 56 characters of the address. Others: 32 of the key. */
  readonly sender: Uint8Array;
  readonly wallet: WalletName;
  /** Signs a text as the kind of wallet does. Rejects with a `WalletError`. */
  sign(text: string): Promise<Uint8Array>;
}
