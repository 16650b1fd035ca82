import type { WalletType } from "idos-client";
import { asObject, keep, kept } from "../session/storage.ts";
import type { Connector } from "./connector.ts";

/** A wallet that was made in this page, for a network of development. Its secret is nobody's secret. */
export interface DevelopmentWallet {
  readonly id: string;
  /** How the person calls it. */
  readonly name: string;
  readonly type: WalletType;
  /** 32 bytes, hexadecimal. */
  readonly secret: string;
}

export const DEVELOPMENT_TYPES: readonly WalletType[] = ["EVM", "NEAR", "XRPL", "Stellar", "FaceSign"];

const NAME = "idos-development-wallets";
const MOST = 50;

/** The wallets that this browser keeps. */
export function developmentWallets(): readonly DevelopmentWallet[] {
  const stored = kept(NAME);
  return Array.isArray(stored)
    ? stored.slice(0, MOST).flatMap((entry) => {
        const wallet = asWallet(entry);
        return wallet === undefined ? [] : [wallet];
      })
    : [];
}

/** Makes a wallet and keeps it. */
export function newDevelopmentWallet(type: WalletType, name: string): DevelopmentWallet {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const secret = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const wallet = { id: crypto.randomUUID(), name: name.trim().slice(0, 40), type, secret };
  keep(NAME, [...developmentWallets(), wallet].slice(-MOST));
  return wallet;
}

/** Forgets a wallet for good. */
export function forgetDevelopmentWallet(id: string): void {
  keep(
    NAME,
    developmentWallets().filter((it) => it.id !== id),
  );
}

export function developmentConnector({ id, name, type, secret }: DevelopmentWallet): Connector {
  const connect = async () => {
    const { developmentSigner } = await import("idos-client/development");
    const bytes = Uint8Array.from(secret.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    return { signer: await developmentSigner(type, bytes) };
  };
  return { id: `development:${id}`, name, type, connect, resume: connect };
}

function asWallet(value: unknown): DevelopmentWallet | undefined {
  const { id, name, type, secret } = asObject(value) ?? {};
  const known = DEVELOPMENT_TYPES.find((it) => it === type);
  return typeof id === "string" &&
    typeof name === "string" &&
    typeof secret === "string" &&
    /^[0-9a-f]{64}$/.test(secret) &&
    known !== undefined
    ? { id, name, type: known, secret }
    : undefined;
}
