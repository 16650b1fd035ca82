/** The wallets that a visitor may come with. */
import type { Signer, WalletType } from "idos-client";
import { developmentSigner } from "idos-client/development";
import { connectEvm, discoverEvmWallets, type EvmWallet } from "idos-client/evm";
import { useEffect, useState } from "react";
import { TEXTS } from "./texts.ts";

const KINDS: readonly WalletType[] = ["EVM", "NEAR", "XRPL", "Stellar", "FaceSign"];

/** A wallet to choose: how it is called, and how it is connected. */
export interface WalletChoice {
  readonly id: string;
  readonly name: string;
  readonly connect: () => Promise<Signer>;
}

/** The wallets of the browser, as they announce themselves (EIP-6963). Their names are their own words. */
export function useBrowserWallets(): readonly WalletChoice[] {
  const [wallets, setWallets] = useState<readonly WalletChoice[]>([]);
  useEffect(() => discoverEvmWallets((wallet) => setWallets((known) => [...known, choiceOf(wallet)])), []);
  return wallets;
}

function choiceOf({ info, provider }: EvmWallet): WalletChoice {
  return { id: info.uuid, name: info.name.slice(0, 60), connect: () => connectEvm(provider) };
}

/** Why a text is no development wallet. */
export class DevelopmentWalletError extends Error {
  override readonly name = "DevelopmentWalletError";
}

/**
 * A wallet that was made in the dashboard of a development network, by what is copied there: its kind and its secret.
 * Never offered where `development` of the configuration is not set.
 */
export async function developmentWallet(copied: string): Promise<Signer> {
  const [, kind, secret = ""] = /^\s*(\w+)\s+([0-9a-f]{64})\s*$/.exec(copied) ?? [];
  const type = KINDS.find((it) => it === kind);
  if (type === undefined) {
    throw new DevelopmentWalletError(TEXTS.wallet.developmentFault);
  }
  return developmentSigner(
    type,
    Uint8Array.from(secret.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
  );
}
