// The network under test: named by the environment, with the key of its owner.
import { readFileSync } from "node:fs";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { fromHex, toBase64 } from "../../src/bytes/bytes.ts";
import type { Action } from "../../src/client/actions.ts";
import { IdosClient } from "../../src/client/client.ts";
import { Network } from "../../src/client/network.ts";
import { signOwnership } from "../../src/client/ownership.ts";
import type { Person } from "../../src/client/person.ts";
import { Transactions } from "../../src/client/transactions.ts";
import { type GenesisValidator, genesisCheckpoint } from "../../src/light-client/genesis.ts";
import { Nodes } from "../../src/nodes/nodes.ts";
import { callerOf } from "../../src/signer/caller.ts";
import type { Signer } from "../../src/signer/signer.ts";
import { type Argument, text, uuid } from "../../src/wire/value.ts";

const need = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`set ${name} (see README.md)`);
  }
  return value;
};

export const URLS: readonly string[] = need("IDOS_URLS").split(",");
export const [URL_OF_FIRST = ""] = URLS;

const genesis = readFileSync(need("IDOS_GENESIS"), "utf8");
const valuesOf = (name: string) =>
  [...genesis.matchAll(new RegExp(`^${name} = "([^"]*)"$`, "gm"))].map(([, value = ""]) => value);
export const [CHAIN = ""] = valuesOf("chain_id");
const addresses = valuesOf("address");
const validators: GenesisValidator[] = valuesOf("key").map((key, at) => ({
  key,
  address: addresses[at] ?? "",
}));
export const CHECKPOINT = genesisCheckpoint(CHAIN, validators);

/** A client that believes what is proved only. */
export const client = (nodes: readonly string[] = URLS): IdosClient =>
  new IdosClient({ nodes, chainId: CHAIN, checkpoint: CHECKPOINT });

const sender = (signer: Signer) =>
  new Transactions(new Network(CHAIN, new Nodes({ urls: URLS }), undefined, 0), signer);
const action = (name: string, ...values: Argument[]): Action => ({ name, description: "", values });
const owner = sender(ed25519Signer(fromHex(need("IDOS_OWNER_SEED"), 32)));

/** Somebody who may create profiles. */
export async function newIssuer(): Promise<Transactions> {
  const signer = ed25519Signer(crypto.getRandomValues(new Uint8Array(32)));
  const id = crypto.randomUUID();
  await owner.send(action("add_inserter_as_owner", uuid(id), text(`issuer-${id}`)));
  const address = callerOf(signer.authType, signer.sender);
  await owner.send(action("add_delegate_as_owner", text(address), uuid(id)));
  return sender(signer);
}

/** Somebody with a profile, as the issuer made it, and what it was made with. */
export async function newMember(
  issuer: Transactions,
  signer: Signer,
  from: IdosClient = client(),
): Promise<{ person: Person; userId: string; encryptionKey: string }> {
  const userId = crypto.randomUUID();
  const encryptionKey = toBase64(crypto.getRandomValues(new Uint8Array(32)));
  await issuer.send(action("add_user_as_inserter", uuid(userId), text(encryptionKey), text("user")));
  const { id, address, publicKey, type, message, signature } = await signOwnership(
    crypto.randomUUID(),
    signer,
    CHAIN,
    userId,
  );
  await issuer.send(
    action(
      "upsert_wallet_as_inserter",
      uuid(id),
      uuid(userId),
      text(address),
      text(publicKey ?? null),
      text(type),
      text(message),
      text(signature),
    ),
  );
  return { person: from.person(signer), userId, encryptionKey };
}
