import type { Signer, WalletType } from "idos-client";

/** A wallet that is connected. */
export interface Connection {
  readonly signer: Signer;
  /** Calls back once the wallet has another account, or is gone. Returns what ends that. */
  readonly onChange?: ((changed: () => void) => () => void) | undefined;
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
}
