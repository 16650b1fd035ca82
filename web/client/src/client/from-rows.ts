import { isUuid } from "../bytes/uuid.ts";
import { EncodingError } from "../errors.ts";
import { GRANT_ORIGINS, PASSWORD_STORES, WALLET_TYPES } from "../rows/tables.ts";
import { int8Of, textOf, textOrNullOf } from "../wire/json.ts";
import type { JsonRow } from "../wire/rows.ts";
import type {
  AccessGrant,
  Attribute,
  Credential,
  CredentialContent,
  Party,
  Profile,
  Wallet,
} from "./records.ts";

const ROLES = ["issuer", "consumer", "operator"] as const;

/** Records from rows that a node states. */
export const FROM_ROWS = {
  profile: (row: JsonRow): Profile => ({
    id: id(row, "id"),
    encryptionPublicKey: text(row, "recipient_encryption_public_key"),
    passwordStore: text(row, "encryption_password_store", PASSWORD_STORES),
  }),
  wallet: (row: JsonRow): Wallet => ({
    id: id(row, "id"),
    userId: id(row, "user_id"),
    type: text(row, "wallet_type", WALLET_TYPES),
    address: text(row, "address"),
    publicKey: textOrNull(row, "public_key"),
    message: text(row, "message"),
    signature: text(row, "signature"),
    inserter: textOrNull(row, "inserter"),
  }),
  credential: (row: JsonRow): Credential => ({
    id: id(row, "id"),
    userId: id(row, "user_id"),
    publicNotes: text(row, "public_notes"),
    issuerAuthPublicKey: text(row, "issuer_auth_public_key"),
    inserter: textOrNull(row, "inserter"),
    isCopy: row["original_id"] !== null,
    originalId: idOrNull(row, "original_id"),
  }),
  content: (row: JsonRow): CredentialContent => ({
    id: id(row, "id"),
    userId: id(row, "user_id"),
    publicNotes: textOrNull(row, "public_notes"),
    content: text(row, "content"),
    encryptorPublicKey: text(row, "encryptor_public_key"),
    issuerAuthPublicKey: text(row, "issuer_auth_public_key"),
    inserter: textOrNull(row, "inserter"),
  }),
  attribute: (row: JsonRow): Attribute => ({
    id: id(row, "id"),
    userId: id(row, "user_id"),
    key: text(row, "attribute_key"),
    value: text(row, "value"),
    inserter: null,
    originalId: idOrNull(row, "original_id"),
  }),
  grant: (row: JsonRow): AccessGrant => ({
    id: id(row, "id"),
    ownerUserId: id(row, "ag_owner_user_id"),
    grantee: text(row, "ag_grantee_wallet_identifier"),
    dataId: id(row, "data_id"),
    lockedUntil: int8(row, "locked_until"),
    contentHash: textOrNull(row, "content_hash"),
    inserterType: text(row, "inserter_type", GRANT_ORIGINS),
    inserterId: text(row, "inserter_id"),
  }),
  party: (row: JsonRow): Party => {
    const version = int8(row, "version");
    const roles = text(row, "roles").split(",");
    return {
      id: id(row, "id"),
      address: text(row, "address"),
      roles: ROLES.filter((role) => roles.includes(role)),
      keys:
        version === 0
          ? undefined
          : {
              version,
              name: text(row, "name"),
              did: textOrNull(row, "did"),
              signingPublicKey: text(row, "signing_public_key"),
              encryptionPublicKey: text(row, "encryption_public_key"),
              signature: text(row, "signature"),
              height: int8(row, "height"),
            },
    };
  },
};

function text<T extends string = string>(row: JsonRow, name: string, names?: readonly T[]): T {
  return textOf(row[name], name, names);
}

function textOrNull(row: JsonRow, name: string): string | null {
  return textOrNullOf(row[name], name);
}

function int8(row: JsonRow, name: string): number {
  return int8Of(row[name], name);
}

function id(row: JsonRow, name: string): string {
  const read = text(row, name);
  if (!isUuid(read)) {
    throw new EncodingError("Json", `${name} of the node's answer is no UUID`);
  }
  return read;
}

function idOrNull(row: JsonRow, name: string): string | null {
  return row[name] === null ? null : id(row, name);
}
