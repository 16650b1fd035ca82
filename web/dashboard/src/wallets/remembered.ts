import { keep, kept } from "../session/storage.ts";
import type { Connector } from "./connector.ts";
import { developmentConnector, developmentWallets } from "./development.ts";
import { findEvmWallets } from "./evm.ts";
import { nearConnectors } from "./near.ts";
import { FREIGHTER } from "./stellar.ts";
import { GEM_WALLET } from "./xrpl.ts";

const NAME = "idos-wallet";
/** Milliseconds in which extensions announce themselves after a page is loaded. */
const ANNOUNCE_MILLIS = 1_500;

/** Remembers the wallet for the next time; with undefined none. */
export function rememberWallet(connector: Connector | undefined): void {
  keep(NAME, connector?.id);
}

/** The wallet that was used the last time, if it is here. */
export async function rememberedConnector(isDevelopment: boolean): Promise<Connector | undefined> {
  const id = kept(NAME);
  if (typeof id !== "string") {
    return undefined;
  }
  const development = isDevelopment ? developmentWallets().map(developmentConnector) : [];
  const known = [...development, ...nearConnectors(), FREIGHTER, GEM_WALLET].find((it) => it.id === id);
  return known ?? (id.startsWith("evm:") ? announced(id) : undefined);
}

/** The EVM wallet with this id, once it announces itself. */
async function announced(id: string): Promise<Connector | undefined> {
  let stop: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const found = await new Promise<Connector | undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANNOUNCE_MILLIS);
    stop = findEvmWallets((connector) => {
      if (connector.id === id) {
        resolve(connector);
      }
    });
  });
  clearTimeout(timer);
  stop?.();
  return found;
}
