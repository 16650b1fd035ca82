import type { Signer } from "idos-client";
import {
  connectAnotherEvm,
  connectEvm,
  discoverEvmWallets,
  type EvmProvider,
  type EvmWallet,
  resumeEvm,
} from "idos-client/evm";
import type { Connection, Connector, Standing } from "./connector.ts";

/** What most EIP-1193 providers can do besides answering. */
interface Emitter {
  on(event: "accountsChanged", listener: (accounts: unknown) => void): unknown;
  removeListener(event: "accountsChanged", listener: (accounts: unknown) => void): unknown;
}

/** Calls back with each wallet that announces itself. Returns what ends that. */
export function findEvmWallets(found: (connector: Connector) => void): () => void {
  return discoverEvmWallets((wallet) => found(evmConnector(wallet)));
}

function evmConnector({ info, provider }: EvmWallet): Connector {
  return {
    id: `evm:${info.rdns}`,
    name: info.name,
    type: "EVM",
    icon: /^data:image\/[a-z+.-]+[;,]/.test(info.icon) ? info.icon : undefined,
    connect: async () => connected(provider, await connectEvm(provider)),
    resume: async (address) => connected(provider, await resumeEvm(provider, address)),
    another: async (known) => connected(provider, await connectAnotherEvm(provider, known)),
  };
}

function connected(provider: EvmProvider, signer: Signer): Connection {
  return { signer, onChange: (changed) => watchAccounts(provider, signer.wallet.address, changed) };
}

function watchAccounts(
  provider: EvmProvider,
  address: string,
  changed: (standing: Standing) => void,
): () => void {
  if (!isEmitter(provider)) {
    return () => undefined;
  }
  // The account in use comes first.
  const listener = (accounts: unknown) => {
    const all = Array.isArray(accounts) ? accounts.map((it) => String(it).toLowerCase()) : [];
    const at = all.indexOf(address.toLowerCase());
    changed(at === 0 ? "used" : at > 0 ? "allowed" : "gone");
  };
  provider.on("accountsChanged", listener);
  return () => provider.removeListener("accountsChanged", listener);
}

function isEmitter(provider: EvmProvider): provider is EvmProvider & Emitter {
  return (
    "on" in provider &&
    typeof provider.on === "function" &&
    "removeListener" in provider &&
    typeof provider.removeListener === "function"
  );
}
