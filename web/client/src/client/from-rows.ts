import { isUuid } from "../bytes/uuid.ts";
import { EncodingError } from "../errors.ts";
import { GRANT_ORIGINS, PASSWORD_STORES, WALLET_TYPES } from "../rows/tables.ts";
import { int8Of, type Json, textOf, textOrNullOf } from "../wire/json.ts";
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
    id: idOf(row["id"]),
    encryptionPublicKey: textOf(row["recipient_encryption_public_key"], "recipient_encryption_public_key"),
    passwordStore: textOf(row["encryption_password_store"], "encryption_password_store", PASSWORD_STORES),
  }),
  wallet: (row: JsonRow): Wallet => ({
    id: idOf(row["id"]),
    userId: idOf(row["user_id"]),
    type: textOf(row["wallet_type"], "wallet_type", WALLET_TYPES),
    address: textOf(row["address"], "address"),
    publicKey: textOrNullOf(row["public_key"], "public_key"),
    message: textOf(row["message"], "message"),
    signature: textOf(row["signature"], "signature"),
    inserter: textOrNullOf(row["inserter"], "inserter"),
  }),
  credential: (row: JsonRow): Credential => ({
    id: idOf(row["id"]),
    userId: idOf(row["user_id"]),
    publicNotes: textOf(row["public_notes"], "public_notes"),
    issuerAuthPublicKey: textOf(row["issuer_auth_public_key"], "issuer_auth_public_key"),
    inserter: textOrNullOf(row["inserter"], "inserter"),
    isCopy: row["original_id"] !== null,
    originalId: idOrNullOf(row["original_id"]),
  }),
  content: (row: JsonRow): CredentialContent => ({
    id: idOf(row["id"]),
    userId: idOf(row["user_id"]),
    publicNotes: textOrNullOf(row["public_notes"], "public_notes"),
    content: textOf(row["content"], "content"),
    encryptorPublicKey: textOf(row["encryptor_public_key"], "encryptor_public_key"),
    issuerAuthPublicKey: textOf(row["issuer_auth_public_key"], "issuer_auth_public_key"),
    inserter: textOrNullOf(row["inserter"], "inserter"),
  }),
  attribute: (row: JsonRow): Attribute => ({
    id: idOf(row["id"]),
    userId: idOf(row["user_id"]),
    key: textOf(row["attribute_key"], "attribute_key"),
    value: textOf(row["value"], "value"),
    inserter: null,
    originalId: idOrNullOf(row["original_id"]),
  }),
  grant: (row: JsonRow): AccessGrant => ({
    id: idOf(row["id"]),
    ownerUserId: idOf(row["ag_owner_user_id"]),
    grantee: textOf(row["ag_grantee_wallet_identifier"], "ag_grantee_wallet_identifier"),
    dataId: idOf(row["data_id"]),
    lockedUntil: int8Of(row["locked_until"], "locked_until"),
    contentHash: textOrNullOf(row["content_hash"], "content_hash"),
    inserterType: textOf(row["inserter_type"], "inserter_type", GRANT_ORIGINS),
    inserterId: textOf(row["inserter_id"], "inserter_id"),
  }),
  party: (row: JsonRow): Party => {
    const version = int8Of(row["version"], "version");
    const roles = textOf(row["roles"], "roles").split(",");
    return {
      id: idOf(row["id"]),
      address: textOf(row["address"], "address"),
      roles: ROLES.filter((role) => roles.includes(role)),
      keys:
        version === 0
          ? undefined
          : {
              version,
              name: textOf(row["name"], "name"),
              did: textOrNullOf(row["did"], "did"),
              signingPublicKey: textOf(row["signing_public_key"], "signing_public_key"),
              encryptionPublicKey: textOf(row["encryption_public_key"], "encryption_public_key"),
              signature: textOf(row["signature"], "signature"),
              height: int8Of(row["height"], "height"),
            },
    };
  },
};

function idOf(json: Json): string {
  const id = textOf(json, "an id");
  if (!isUuid(id)) {
    throw new EncodingError("Json", "an id of the node's answer is no UUID");
  }
  return id;
}

function idOrNullOf(json: Json): string | null {
  return json === null ? null : idOf(json);
}
