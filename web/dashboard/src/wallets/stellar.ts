import { connectStellar } from "idos-client/stellar";
import type { Connector } from "./connector.ts";

/** Freighter; its library is loaded when it is chosen. */
export const FREIGHTER: Connector = {
  id: "stellar:freighter",
  name: "Freighter",
  type: "Stellar",
  async connect() {
    const freighter = await import("@stellar/freighter-api");
    const signer = await connectStellar({
      async getAddress() {
        const { address, error } = await freighter.requestAccess();
        if (error !== undefined) {
          throw new Error("Freighter gave no address", { cause: error });
        }
        return { address };
      },
      async signMessage(message, { address }) {
        const { signedMessage, signerAddress, error } = await freighter.signMessage(message, { address });
        if (error !== undefined || signedMessage === null) {
          throw new Error("Freighter did not sign", { cause: error });
        }
        // Older versions answer with bytes.
        const text = typeof signedMessage === "string" ? signedMessage : signedMessage.toString("base64");
        return { signedMessage: text, signerAddress };
      },
    });
    return { signer };
  },
};
