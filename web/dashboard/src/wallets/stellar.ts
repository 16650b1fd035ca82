import { connectStellar } from "idos-client/stellar";
import { NotInstalledError } from "../rules/error-text.ts";
import type { Connection, Connector, Standing } from "./connector.ts";

type Library = typeof import("@stellar/freighter-api");

/** Milliseconds between two questions which account Freighter has. */
const WATCH_MILLIS = 3_000;

/** Freighter; its library is loaded when it is chosen. */
export const FREIGHTER: Connector = {
  id: "stellar:freighter",
  name: "Freighter",
  type: "Stellar",
  async connect() {
    const freighter = await import("@stellar/freighter-api");
    // An extension that is not there answers this question, and no other.
    if (!(await freighter.isConnected()).isConnected) {
      throw new NotInstalledError(FREIGHTER.name);
    }
    return connected(freighter, () => freighter.requestAccess());
  },
  async resume(address) {
    const freighter = await import("@stellar/freighter-api");
    const { isConnected } = await freighter.isConnected();
    if (!isConnected || !(await freighter.isAllowed()).isAllowed) {
      throw new Error("Freighter does not let this page know its account");
    }
    const connection = await connected(freighter, () => freighter.getAddress());
    if (connection.signer.wallet.address !== address) {
      throw new Error("Freighter has another account now");
    }
    return connection;
  },
};

async function connected(freighter: Library, ask: Library["getAddress"]): Promise<Connection> {
  const signer = await connectStellar({
    async getAddress() {
      const { address, error } = await ask();
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
  return {
    signer,
    onChange: (changed) => watchAccount(freighter, signer.wallet.address, changed),
  };
}

/** Freighter has one account at a time, and none for who locked it or keeps it from this page. */
function watchAccount(
  { WatchWalletChanges }: Library,
  address: string,
  changed: (standing: Standing) => void,
): () => void {
  const watcher = new WatchWalletChanges(WATCH_MILLIS);
  let isWatched = true;
  let isFailing = false;
  watcher.watch(({ address: now, error }) => {
    // After a failure the library tells an empty account, too: that says nothing.
    const isKnown = error === undefined && !(isFailing && now === "");
    isFailing = error !== undefined;
    if (isWatched && isKnown) {
      changed(now === address ? "used" : "gone");
    }
  });
  return () => {
    // A question that is under way is answered after the end.
    isWatched = false;
    watcher.stop();
  };
}
