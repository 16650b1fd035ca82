/** The wallets that a visitor may come with. */
import type { Signer } from "idos-client";
import { ed25519Signer } from "idos-client/ed25519";
import { connectEvm, discoverEvmWallets, type EvmWallet } from "idos-client/evm";
import { useEffect, useState } from "react";

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

/**
 * A wallet for development networks: whoever knows its name has it, so the same name is the same wallet on every
 * page. Never offered where `development` of the configuration is not set.
 */
export async function developmentWallet(name: string): Promise<Signer> {
  const text = new TextEncoder().encode(`idOS development wallet: ${name.trim()}`);
  return ed25519Signer(new Uint8Array(await crypto.subtle.digest("SHA-256", text)));
}
