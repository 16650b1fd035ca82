import { connectNear, type NearWallet } from "idos-client/near";
import type { Connector } from "./connector.ts";

/** A wallet of NEAR that its extension puts into the page: it signs by NEP-413 once it is connected. */
interface InjectedNear extends NearWallet {
  connect?(): Promise<unknown>;
  requestSignIn?(options: object): Promise<unknown>;
}

/** Where extensions put themselves. */
const PLACES: readonly (readonly [id: string, name: string, path: readonly string[]])[] = [
  ["nightly", "Nightly", ["nightly", "near"]],
  ["okx", "OKX Wallet", ["okxwallet", "near"]],
];

/** The wallets of NEAR that this page has. */
export function nearConnectors(): readonly Connector[] {
  return PLACES.flatMap(([id, name, path]) => {
    const wallet = injected(path);
    return wallet === undefined
      ? []
      : [
          {
            id: `near:${id}`,
            name,
            type: "NEAR" as const,
            async connect() {
              await (wallet.connect?.() ?? wallet.requestSignIn?.({}));
              return { signer: await connectNear(wallet) };
            },
          },
        ];
  });
}

function injected(path: readonly string[]): InjectedNear | undefined {
  const found = path.reduce<unknown>(
    (at, name) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined),
    globalThis,
  );
  const hasSignature = typeof found === "object" && found !== null && "signMessage" in found;
  return hasSignature && typeof found.signMessage === "function" ? (found as InjectedNear) : undefined;
}
