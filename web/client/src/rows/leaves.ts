import { bigEndian, concatBytes, fromHex, utf8 } from "../bytes/bytes.ts";
import { uuidBytes } from "../bytes/uuid.ts";
import { elementOf, leafKey, listId } from "../tree/key.ts";
import { fold, identityOfWallet } from "./identity.ts";
import type { AnyRow, TableName } from "./tables.ts";

const NOBODY = new Uint8Array();

/** The lists of the state, by their 32 bytes. */
export const LISTS = {
  all: (table: TableName) => listId(table, NOBODY),
  wallets: (userId: string) => listId("wallets", uuidBytes(userId)),
  walletOf: (identity: string) => listId("wallets/identity", utf8(identity)),
  credentials: (userId: string) => listId("credentials", uuidBytes(userId)),
  attributes: (userId: string) => listId("user_attributes", uuidBytes(userId)),
  attributeGrantsTo: (grantee: string) => listId("attribute_grants", utf8(fold(grantee))),
  grantsTo: (grantee: string) => listId("access_grants", utf8(fold(grantee))),
  grantsOwned: (userId: string) => listId("access_grants/owner", uuidBytes(userId)),
  grantsOn: (dataId: string) => listId("access_grants/data", uuidBytes(dataId)),
  partyKeys: (partyId: string) => listId("party_keys", uuidBytes(partyId)),
  votes: (motion: string) => listId("votes", fromHex(motion, 32)),
};

/** The keys of a row's leaves. */
export interface LeafKeys {
  /** Of the leaf that commits the row. */
  readonly row: Uint8Array;
  /** Of its index entries. */
  readonly index: readonly Uint8Array[];
}

/** The key of a row that is looked for in a list. */
export function keyIn(list: Uint8Array, rowKey: Uint8Array): Uint8Array {
  return leafKey(list, elementOf(rowKey));
}

/** The key of a party's published keys of one version. */
export function partyKeysKey(partyId: string, version: bigint): Uint8Array {
  const rowKey = concatBytes(uuidBytes(partyId), bigEndian(version, 8));
  return keyIn(LISTS.partyKeys(partyId), rowKey);
}

/** Where the leaves of a row are. */
export function leafKeysOf(it: AnyRow): LeafKeys {
  const keys = (rowKey: Uint8Array, list: Uint8Array, ...index: Uint8Array[]): LeafKeys => ({
    row: keyIn(list, rowKey),
    index: index.map((other) => keyIn(other, rowKey)),
  });
  const all = (rowKey: Uint8Array) => keys(rowKey, LISTS.all(it.table));
  switch (it.table) {
    case "users":
    case "inserters":
    case "parties":
    case "consumed_write_grants":
      return all(uuidBytes(it.row.id));
    case "wallets": {
      const { id, userId, walletType, address, publicKey } = it.row;
      const identity = identityOfWallet(walletType, address, publicKey);
      const index = identity === undefined ? [] : [LISTS.walletOf(identity)];
      return keys(uuidBytes(id), LISTS.wallets(userId), ...index);
    }
    case "credentials":
      return keys(uuidBytes(it.row.id), LISTS.credentials(it.row.userId));
    case "shared_credentials":
    case "shared_user_attributes":
      return all(uuidBytes(it.row.copyId));
    case "user_attributes":
      return keys(uuidBytes(it.row.id), LISTS.attributes(it.row.userId));
    case "attribute_grants":
      return keys(uuidBytes(it.row.copyId), LISTS.attributeGrantsTo(it.row.grantee));
    case "access_grants": {
      const { id, owner, grantee, dataId } = it.row;
      const index = [LISTS.grantsOwned(owner), LISTS.grantsOn(dataId)];
      return keys(uuidBytes(id), LISTS.grantsTo(grantee), ...index);
    }
    case "delegates":
      return all(utf8(it.row.address));
    case "party_keys":
      return { row: partyKeysKey(it.row.partyId, it.row.version), index: [] };
    case "spent_messages":
      return all(fromHex(it.row.message));
    case "validators":
      return all(fromHex(it.row.key));
    case "validator_sets":
      return all(bigEndian(it.row.epoch, 8));
    case "motions":
      return all(fromHex(it.row.id));
    case "votes":
      return keys(utf8(it.row.operator), LISTS.votes(it.row.motion));
    case "params":
      return all(utf8(it.row.name));
    case "due":
      return all(concatBytes(bigEndian(it.row.at, 8), Uint8Array.of(it.row.what.kind), it.row.what.of));
    case "accounts":
      return all(fromHex(it.row.sender));
  }
}
