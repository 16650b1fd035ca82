import { developmentEvmProvider } from "idos-client/development";
import type { BrowserContext } from "playwright-core";

/** The name under which a test's wallet announces itself. */
export const WALLET_NAME = "Wallet of the story";

/** A wallet of a person, with what it was asked to sign. */
export interface TestWallet {
  readonly address: string;
  /** Texts, in the order in which it signed them. */
  readonly signed: readonly string[];
  /** Whether it says no from now on. */
  refuses: boolean;
}

/** How pages reach the wallet. */
const BINDING = "idosWalletOfTheStory";

/**
 * Puts a wallet into every page of a browser, as an extension does: it announces itself by EIP-6963, and its key is not
 * in the page.
 */
export async function installWallet(context: BrowserContext, secret: Uint8Array): Promise<TestWallet> {
  const provider = developmentEvmProvider(secret);
  const [address] = (await provider.request({ method: "eth_accounts" })) as string[];
  if (address === undefined) {
    throw new Error("the wallet has no account");
  }
  const signed: string[] = [];
  const wallet: TestWallet = { address, signed, refuses: false };
  await context.exposeBinding(BINDING, async (_, request: { method: string; params?: unknown[] }) => {
    if (request.method === "personal_sign") {
      if (wallet.refuses) {
        throw new Error("the person said no");
      }
      signed.push(Buffer.from(String(request.params?.[0]).slice(2), "hex").toString());
    }
    return provider.request(request);
  });
  await context.addInitScript(announce, { binding: BINDING, name: WALLET_NAME });
  return wallet;
}

/** Runs in pages. */
function announce({ binding, name }: { binding: string; name: string }): void {
  const info = { uuid: "b5d6b1b6-6a0e-4a0e-9d2c-2f9c0f0f7a11", name, icon: "data:,", rdns: "test.idos" };
  const request = (argument: unknown) =>
    (globalThis as unknown as Record<string, (argument: unknown) => Promise<unknown>>)[binding]?.(argument);
  const detail = Object.freeze({ info: Object.freeze(info), provider: Object.freeze({ request }) });
  const tell = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  addEventListener("eip6963:requestProvider", tell);
  tell();
}
