import { connectXrpl } from "idos-client/xrpl";
import type { Connector } from "./connector.ts";

/** GemWallet; its library is loaded when it is chosen. */
export const GEM_WALLET: Connector = {
  id: "xrpl:gemwallet",
  name: "GemWallet",
  type: "XRPL",
  async connect() {
    const { getPublicKey, isInstalled, signMessage } = await import("@gemwallet/api");
    // The library answers nothing else before this.
    await isInstalled();
    return { signer: await connectXrpl({ getPublicKey, signMessage: (message) => signMessage(message) }) };
  },
};
