import {
  deadline,
  digest,
  type Field,
  flag,
  i64,
  key,
  members,
  named,
  nodeAddress,
  optional,
  text,
  u64,
  u128,
  uuid,
} from "./row-reader.ts";

/** How the rows of a table are encoded: `docs/state-rows.md`. */
interface Table {
  readonly version: number;
  /** Whether rows begin with their place in lists. */
  readonly isOrdered: boolean;
  /** In the order of the bytes. */
  readonly fields: Readonly<Record<string, Field<unknown>>>;
}

export const WALLET_TYPES = ["EVM", "NEAR", "XRPL", "Stellar", "FaceSign"] as const;
export const PASSWORD_STORES = ["user", "mpc"] as const;
export const GRANT_ORIGINS = ["user", "delegated_write_grant", "dag_message"] as const;

/** Every table of the state. */
export const TABLES = {
  users: {
    version: 1,
    isOrdered: false,
    fields: {
      id: uuid,
      recipientEncryptionPublicKey: text,
      encryptionPasswordStore: named("password store", PASSWORD_STORES),
      inserter: text,
      gasAllowance: u128,
      claimed: flag,
      erased: flag,
    },
  },
  wallets: {
    version: 1,
    isOrdered: true,
    fields: {
      id: uuid,
      userId: uuid,
      address: text,
      publicKey: optional(text),
      walletType: named("kind of wallet", WALLET_TYPES),
      message: text,
      signature: text,
      inserter: optional(text),
    },
  },
  credentials: {
    version: 1,
    isOrdered: true,
    fields: {
      id: uuid,
      userId: uuid,
      verifiableCredentialId: optional(text),
      publicNotes: text,
      encryptorPublicKey: text,
      issuerAuthPublicKey: text,
      inserter: optional(text),
      contentDigest: digest,
    },
  },
  shared_credentials: {
    version: 1,
    isOrdered: true,
    fields: { copyId: uuid, originalId: optional(uuid), notes: text },
  },
  user_attributes: {
    version: 1,
    isOrdered: true,
    fields: { id: uuid, userId: uuid, attributeKey: text, value: text, inserter: optional(text) },
  },
  shared_user_attributes: { version: 1, isOrdered: true, fields: { copyId: uuid, originalId: uuid } },
  attribute_grants: { version: 1, isOrdered: true, fields: { copyId: uuid, owner: uuid, grantee: text } },
  access_grants: {
    version: 1,
    isOrdered: true,
    fields: {
      id: uuid,
      owner: uuid,
      grantee: text,
      dataId: uuid,
      lockedUntil: i64,
      expiresAt: i64,
      contentHash: optional(text),
      height: u64,
      origin: named("origin of a grant", GRANT_ORIGINS),
      originId: text,
    },
  },
  inserters: { version: 1, isOrdered: false, fields: { id: uuid, name: text } },
  delegates: { version: 1, isOrdered: true, fields: { address: text, inserterId: uuid } },
  parties: {
    version: 1,
    isOrdered: true,
    fields: { id: uuid, address: text, issuer: flag, consumer: flag, operator: flag, version: i64 },
  },
  party_keys: {
    version: 1,
    isOrdered: false,
    fields: {
      partyId: uuid,
      version: i64,
      name: text,
      did: optional(text),
      signingPublicKey: text,
      encryptionPublicKey: text,
      signature: text,
      height: u64,
    },
  },
  consumed_write_grants: { version: 1, isOrdered: false, fields: { id: uuid } },
  spent_messages: { version: 1, isOrdered: false, fields: { message: digest } },
  validators: {
    version: 1,
    isOrdered: true,
    fields: {
      key,
      operator: text,
      address: nodeAddress,
      status: named("status of a validator", ["requested", "observer", "ready", "leaving"]),
      expiresAt: i64,
      height: u64,
    },
  },
  validator_sets: { version: 1, isOrdered: false, fields: { epoch: u64, set: members } },
  motions: {
    version: 1,
    isOrdered: true,
    fields: { id: digest, action: text, arguments: text, proposer: text, expiresAt: i64, height: u64 },
  },
  votes: { version: 1, isOrdered: false, fields: { motion: digest, operator: text } },
  params: {
    version: 1,
    isOrdered: false,
    fields: {
      name: named("parameter", ["body_retention_seconds", "protocol_version"]),
      value: u64,
      next: optional((reader) => ({ value: u64(reader), fromHeight: u64(reader) })),
    },
  },
  due: { version: 1, isOrdered: false, fields: { at: i64, what: deadline } },
  accounts: { version: 1, isOrdered: false, fields: { sender: digest, nonce: u64 } },
} as const satisfies Record<string, Table>;

/** The name of a table: in rows, leaves and lists. */
export type TableName = keyof typeof TABLES;

type FieldsOf<T extends TableName> = (typeof TABLES)[T]["fields"];

/** What a row of a table says. */
export type RowOf<T extends TableName> = {
  readonly [F in keyof FieldsOf<T>]: FieldsOf<T>[F] extends Field<infer V> ? V : never;
};

/** A row of any table, told apart by `table`. */
export type AnyRow = { [T in TableName]: { readonly table: T; readonly row: RowOf<T> } }[TableName];

/** The table of this name. */
export function tableNamed(name: string): TableName | undefined {
  return Object.hasOwn(TABLES, name) ? (name as TableName) : undefined;
}
