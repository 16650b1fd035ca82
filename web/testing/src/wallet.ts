import type { BrowserContext } from "playwright-core";
import { developmentEvmProvider } from "../../client/src/adapters/development.ts";

/** The name under which a test's wallet announces itself. */
export const WALLET_NAME = "Wallet of the story";

/** A wallet of a person, with what it was asked to sign. */
export interface TestWallet {
  /** Of its first account. */
  readonly address: string;
  /** Texts, in the order in which it signed them. */
  readonly signed: readonly string[];
  /** Whether it says no from now on. */
  refuses: boolean;
  /** Takes the account of this secret, and tells pages so. Only that one signs: many wallets have one at a time. */
  switchTo(secret: Uint8Array): Promise<void>;
}

/** How pages reach the wallet, and hear of another account. */
const BINDING = "idosWalletOfTheStory";
const SWITCHED = "idos-wallet-of-the-story-switched";

/**
 * Puts a wallet into every page of a browser, as an extension does: it announces itself by EIP-6963, and its key is not
 * in the page.
 */
export async function installWallet(context: BrowserContext, secret: Uint8Array): Promise<TestWallet> {
  let provider = developmentEvmProvider(secret);
  const signed: string[] = [];
  const wallet: TestWallet = {
    address: await addressOf(provider),
    signed,
    refuses: false,
    async switchTo(other) {
      provider = developmentEvmProvider(other);
      const detail = [await addressOf(provider)];
      const tell = (given: { type: string; detail: readonly string[] }) =>
        dispatchEvent(new CustomEvent(given.type, { detail: given.detail }));
      await Promise.all(context.pages().map((page) => page.evaluate(tell, { type: SWITCHED, detail })));
    },
  };
  await context.exposeBinding(BINDING, async (_, request: { method: string; params?: unknown[] }) => {
    if (request.method !== "personal_sign") {
      return provider.request(request);
    }
    if (wallet.refuses) {
      throw new Error("the person said no");
    }
    const signature = await provider.request(request);
    signed.push(Buffer.from(String(request.params?.[0]).slice(2), "hex").toString());
    return signature;
  });
  await context.addInitScript(announce, { binding: BINDING, name: WALLET_NAME, switched: SWITCHED });
  return wallet;
}

async function addressOf(provider: ReturnType<typeof developmentEvmProvider>): Promise<string> {
  const [address] = (await provider.request({ method: "eth_accounts" })) as string[];
  if (address === undefined) {
    throw new Error("the wallet has no account");
  }
  return address;
}

/** Runs in pages. */
function announce({ binding, name, switched }: { binding: string; name: string; switched: string }): void {
  const info = { uuid: "b5d6b1b6-6a0e-4a0e-9d2c-2f9c0f0f7a11", name, icon: "data:,", rdns: "test.idos" };
  const listeners = new Map<unknown, (event: Event) => void>();
  const provider = {
    request: (argument: { method: string }) =>
      argument.method === "wallet_requestPermissions"
        ? Promise.reject(Object.assign(new Error("not supported"), { code: 4200 }))
        : (globalThis as unknown as Record<string, (argument: unknown) => Promise<unknown>>)[binding]?.(
            argument,
          ),
    on(_: string, listener: (accounts: unknown) => void) {
      const heard = (event: Event) => listener((event as CustomEvent).detail);
      listeners.set(listener, heard);
      addEventListener(switched, heard);
    },
    removeListener(_: string, listener: unknown) {
      const heard = listeners.get(listener);
      if (heard !== undefined) {
        removeEventListener(switched, heard);
      }
    },
  };
  const detail = Object.freeze({ info: Object.freeze(info), provider: Object.freeze(provider) });
  const tell = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  addEventListener("eip6963:requestProvider", tell);
  tell();
}
