// The node under test: where it is, what its chain is called, and a kwil-js client for it.
import kwilJs from "@idos-network/kwil-js";

const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name} (see README.md)`);
  return value;
};

export const url = need("IDOS_URL").replace(/\/$/, "");
export const endpoint = `${url}/rpc/v1`;
export const ownerSeed = Buffer.from(need("IDOS_OWNER_SEED"), "hex");

const probe = new kwilJs.NodeKwil({ kwilProvider: url, chainId: "", timeout: 10_000 });
export const chainId = await probe.chainInfo({ disableWarning: true }).then(
  ({ data }) => data.chain_id,
  ({ message }) => {
    throw new Error(`no node at ${url}: ${message}`);
  },
);

/** A fresh client, as the SDK makes one: its own request ids, its own session cookie. */
export const connect = (options = {}) =>
  new kwilJs.NodeKwil({ kwilProvider: url, chainId, timeout: 30_000, ...options });
