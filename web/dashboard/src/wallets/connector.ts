import type { Signer, WalletType } from "idos-client";

/** What the wallet does with the connected account: uses it, still allows it beside the one that it uses, or neither. */
export type Standing = "used" | "allowed" | "gone";

/** A wallet that is connected. */
export interface Connection {
  readonly signer: Signer;
  /** Calls back when the wallet takes another account, or this one again. Returns what ends that. */
  readonly onChange?: ((changed: (standing: Standing) => void) => () => void) | undefined;
}

/** A wallet that can be connected. */
export interface Connector {
  /** By which it is found again when the page is loaded the next time; undefined if it is not to be. */
  readonly id: string | undefined;
  /** The wallet's own words: shown as text only. */
  readonly name: string;
  readonly type: WalletType;
  /** A data URI of an image. */
  readonly icon?: string | undefined;
  connect(): Promise<Connection>;
  /**
   * Connects the account of the last time without asking the person anything, if the wallet can. Rejects if it does not
   * let it, or has another account.
   */
  readonly resume?: (address: string) => Promise<Connection>;
  /** Connects another account of the same wallet than those that are `known`, which stay as they are. */
  another?(known: readonly string[]): Promise<Connection>;
}
