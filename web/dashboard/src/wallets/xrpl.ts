import { connectXrpl } from "idos-client/xrpl";
import { NotInstalledError } from "../rules/error-text.ts";
import { asObject } from "../session/storage.ts";
import type { Connector, Standing } from "./connector.ts";

/** GemWallet; its library is loaded when it is chosen. */
export const GEM_WALLET: Connector = {
  id: "xrpl:gemwallet",
  name: "GemWallet",
  type: "XRPL",
  async connect() {
    const { getPublicKey, isInstalled, signMessage } = await import("@gemwallet/api");
    // The library answers nothing else before this.
    const { result } = await isInstalled();
    if (!result.isInstalled) {
      throw new NotInstalledError(GEM_WALLET.name);
    }
    const signer = await connectXrpl({ getPublicKey, signMessage: (message) => signMessage(message) });
    return { signer, onChange: (changed) => watchAccount(signer.wallet.address, changed) };
  },
};

/**
 * Hears what GemWallet tells the page of its account: as the library's `on` does, whose listeners stay for ever. Any
 * script of this page could tell the same, and end a session by that, but no more.
 */
function watchAccount(address: string, changed: (standing: Standing) => void): () => void {
  const listener = ({ source, data }: MessageEvent<unknown>) => {
    const message = source === window ? asObject(data) : undefined;
    if (message?.["source"] !== "GEM_WALLET_MSG_REQUEST") {
      return;
    }
    switch (message["type"]) {
      case "EVENT_WALLET_CHANGED": {
        const { wallet } = asObject(asObject(message["payload"])?.["result"]) ?? {};
        changed(asObject(wallet)?.["publicAddress"] === address ? "used" : "gone");
        break;
      }
      case "EVENT_LOGOUT":
        changed("gone");
        break;
    }
  };
  window.addEventListener("message", listener);
  return () => window.removeEventListener("message", listener);
}
