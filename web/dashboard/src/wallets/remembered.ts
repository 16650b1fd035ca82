import { asObject, keep, kept } from "../session/storage.ts";
import type { Connector } from "./connector.ts";
import { developmentConnector, developmentWallets } from "./development.ts";
import { findEvmWallets } from "./evm.ts";
import { nearConnectors } from "./near.ts";
import { FREIGHTER } from "./stellar.ts";
import { GEM_WALLET } from "./xrpl.ts";

const NAME = "idos-wallet";
/** In a tab whose page somebody came in to by what is not found again: recovery words. */
const BY_WORDS = "idos-by-words";
const tab = () => sessionStorage;
/** Milliseconds in which extensions announce themselves after a page is loaded. */
const ANNOUNCE_MILLIS = 1_500;

/** A wallet with the account of it that was used. */
export interface Remembered {
  readonly connector: Connector;
  readonly address: string;
}

/** Remembers the wallet for the next time. */
export function rememberWallet({ connector, address }: Remembered): void {
  keep(NAME, connector.id === undefined ? undefined : { id: connector.id, address });
  keep(BY_WORDS, connector.id === undefined ? true : undefined, tab);
}

export function forgetWallet(): void {
  keep(NAME, undefined);
}

/** Forgets, in this tab, that somebody came in by recovery words: they left. */
export function forgetByWords(): void {
  keep(BY_WORDS, undefined, tab);
}

/** Whether this page was loaded again by somebody who was in by recovery words, and did not leave. */
export function wasByWords(): boolean {
  return kept(BY_WORDS, tab) === true;
}

/** The wallet that was used the last time, if it is here. */
export async function rememberedWallet(isDevelopment: boolean): Promise<Remembered | undefined> {
  const { id, address } = asObject(kept(NAME)) ?? {};
  if (typeof id !== "string" || typeof address !== "string") {
    return undefined;
  }
  const connector = await connectorOf(id, isDevelopment);
  return connector && { connector, address };
}

async function connectorOf(id: string, isDevelopment: boolean): Promise<Connector | undefined> {
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
