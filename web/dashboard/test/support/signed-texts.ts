// What a wallet is asked to sign, by the SDK itself: a change of its texts is to be noticed.
import { type Fetch, IdosClient, type Person, type Signer } from "idos-client";

export const NODE = "https://node.example";
const CHAIN_ID = "idos-test";

/** The first text that a wallet is asked to sign for what is done, by a person whom one node knows. It signs nothing. */
async function textOf(work: (person: Person) => Promise<unknown>): Promise<string> {
  const end = new Error("nothing is signed");
  const texts: string[] = [];
  const signer: Signer = {
    authType: "ed25519",
    sender: new Uint8Array(32),
    wallet: { type: "FaceSign", address: "a", publicKey: "a" },
    sign: async (text) => {
      texts.push(text);
      throw end;
    },
  };
  const client = new IdosClient({ nodes: [NODE], chainId: CHAIN_ID, fetch: answered });
  const error = await work(client.person(signer)).catch((error: unknown) => error);
  const [text] = texts;
  if (text === undefined) {
    throw error;
  }
  return text;
}

/** What a node says before anything is signed. */
const answered: Fetch = async (_, { body }) => {
  const { id, method } = JSON.parse(String(body));
  return new Response(JSON.stringify({ jsonrpc: "2.0", id, result: results()[method] }));
};

const results = (): Readonly<Record<string, object>> => ({
  "user.account": { nonce: 0 },
  "kgw.authn_param": {
    domain: NODE,
    statement: "Sign in to idOS. This costs nothing and changes nothing.",
    uri: `${NODE}/rpc/v1`,
    version: "1",
    chain_id: CHAIN_ID,
    nonce: "n",
    issue_at: inSeconds(0),
    expiration_time: inSeconds(600),
  },
});

const inSeconds = (seconds: number) =>
  new Date(Date.now() + 1_000 * seconds).toISOString().replace(/\.\d+Z$/, "Z");

export const signInText = () => textOf((person) => person.signIn());

export const ownershipText = () => textOf((person) => person.signOwnership(crypto.randomUUID()));

export const writeGrantText = () =>
  textOf((person) =>
    person.signWriteGrant({
      grantee: "issuer",
      issuerPublicKey: "00".repeat(32),
      notBefore: new Date(0),
      notAfter: new Date(1_000),
    }),
  );

/** Of a transaction that removes a wallet. */
export const transactionText = () => textOf((person) => person.removeWallet(crypto.randomUUID()));
