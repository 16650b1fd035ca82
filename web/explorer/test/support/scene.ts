// A person who shared something, with texts that must not come back from the explorer.
import { callerOf } from "../../../client/src/signer/caller.ts";
import { credential, sealed } from "../../../client/test/support/credentials.ts";
import { newIssuer, newMember, URL_OF_FIRST } from "../../../client/test/support/network.ts";
import { newEd25519, newEvm } from "../../../client/test/support/wallets.ts";

export const NODE = URL_OF_FIRST;

/** What the explorer may show, and what it may not. */
export interface Scene {
  readonly grantee: string;
  readonly dataId: string;
  readonly grantId: string;
  /** Hash of the transaction that shared. */
  readonly transactions: readonly string[];
  readonly secrets: readonly string[];
}

interface Grants {
  readonly grants: readonly { readonly id: string; readonly height: number }[];
}

interface Block {
  readonly transactions: readonly { readonly hash: string }[];
}

/** Reads JSON of the explorer. */
export async function json<T>(path: string): Promise<T> {
  const response = await fetch(NODE + path);
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
  return (await response.json()) as T;
}

export async function newScene(): Promise<Scene> {
  const signer = await newEvm();
  const { person, userId, encryptionKey } = await newMember(await newIssuer(), signer);
  const marker = `marker-${crypto.randomUUID()}`;
  const original = credential({ id: "https://vc/1", type: marker });
  await person.addCredential(original);
  const other = await newEd25519();
  const grantee = callerOf(other.authType, other.sender);
  const copy = sealed();
  const { copyId } = await person.share({ credentialId: original.id, grantee, seal: async () => copy });
  const { grants } = await json<Grants>(`/api/v1/grants?grantee=${grantee}`);
  const [grant] = grants;
  if (grant === undefined) {
    throw new Error("the grant is not there");
  }
  const { transactions } = await json<Block>(`/api/v1/blocks/${grant.height}`);
  const address = callerOf(signer.authType, signer.sender);
  return {
    grantee,
    dataId: copyId,
    grantId: grant.id,
    transactions: transactions.map(({ hash }) => hash),
    secrets: [
      marker,
      address,
      address.replace(/^0x/i, ""),
      userId,
      userId.replaceAll("-", ""),
      encryptionKey,
      original.id,
      original.content,
      original.publicNotesSignature,
      copy.content,
      copy.contentHash,
      copy.encryptorPublicKey,
    ],
  };
}
