import { EncodingError } from "../errors.ts";
import type { CredentialFound, CredentialRow, GrantRow, PartyFound, SharedFound } from "../evidence/views.ts";
import type { RowOf } from "../rows/tables.ts";
import type {
  AccessGrant,
  Attribute,
  Credential,
  CredentialContent,
  Party,
  Profile,
  Wallet,
} from "./records.ts";

/** The last second that a `Date` can name: later times read as this one. */
export const LAST_SECONDS = 8_640_000_000_000n;

/** Records from rows that are proved. */
export const FROM_PROOF = {
  profile: (row: RowOf<"users">): Profile => ({
    id: row.id,
    encryptionPublicKey: row.recipientEncryptionPublicKey,
    passwordStore: row.encryptionPasswordStore,
  }),
  wallet: ({ walletType, ...row }: RowOf<"wallets">): Wallet => ({ ...row, type: walletType }),
  credential: ({ credential, copy }: CredentialFound): Credential => ({
    id: credential.id,
    userId: credential.userId,
    publicNotes: credential.publicNotes,
    issuerAuthPublicKey: credential.issuerAuthPublicKey,
    inserter: credential.inserter,
    isCopy: copy !== undefined,
    originalId: copy?.originalId ?? null,
  }),
  owned: ({ credential, content }: { credential: CredentialRow; content: string }): CredentialContent => ({
    id: credential.id,
    userId: credential.userId,
    publicNotes: credential.publicNotes,
    content,
    encryptorPublicKey: credential.encryptorPublicKey,
    issuerAuthPublicKey: credential.issuerAuthPublicKey,
    inserter: credential.inserter,
  }),
  shared: (found: SharedFound): CredentialContent => ({
    ...FROM_PROOF.owned(found),
    publicNotes: found.copy === undefined ? null : (found.original?.publicNotes ?? found.copy.notes),
  }),
  attribute: (found: {
    readonly attribute: RowOf<"user_attributes">;
    readonly originalId: string | null;
  }): Attribute => ({
    id: found.attribute.id,
    userId: found.attribute.userId,
    key: found.attribute.attributeKey,
    value: found.attribute.value,
    inserter: found.attribute.inserter,
    originalId: found.originalId,
  }),
  grant: (row: GrantRow): AccessGrant => ({
    id: row.id,
    ownerUserId: row.owner,
    grantee: row.grantee,
    dataId: row.dataId,
    lockedUntil: timeOf(row.lockedUntil),
    contentHash: row.contentHash,
    inserterType: row.origin,
    inserterId: row.originId,
    expiresAt: timeOf(row.expiresAt),
    height: numberOf(row.height),
  }),
  party: ({ party, keys }: PartyFound): Party => ({
    id: party.id,
    address: party.address,
    roles: (["issuer", "consumer", "operator"] as const).filter((role) => party[role]),
    keys:
      keys === undefined
        ? undefined
        : {
            version: numberOf(keys.version),
            name: keys.name,
            did: keys.did,
            signingPublicKey: keys.signingPublicKey,
            encryptionPublicKey: keys.encryptionPublicKey,
            signature: keys.signature,
            height: numberOf(keys.height),
          },
  }),
};

/** Seconds since 1970. Whoever gives a grant chooses when it ends: a time beyond all dates is the last of them. */
function timeOf(value: bigint): number {
  return value > LAST_SECONDS ? Number(LAST_SECONDS) : numberOf(value);
}

function numberOf(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new EncodingError("Size", `${value} is larger than any number of this network`);
  }
  return number;
}
