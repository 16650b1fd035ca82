import { connectEvm, discoverEvmWallets, type EvmProvider, type EvmWallet } from "idos-client/evm";
import type { Connector } from "./connector.ts";

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
    async connect() {
      const signer = await connectEvm(provider);
      return { signer, onChange: (changed) => watchAccounts(provider, signer.wallet.address, changed) };
    },
  };
}

function watchAccounts(provider: EvmProvider, address: string, changed: () => void): () => void {
  if (!isEmitter(provider)) {
    return () => undefined;
  }
  const listener = (accounts: unknown) => {
    const [first] = Array.isArray(accounts) ? accounts : [];
    if (typeof first !== "string" || first.toLowerCase() !== address.toLowerCase()) {
      changed();
    }
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
