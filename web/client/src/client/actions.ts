import { type Argument, int8, text, uuid } from "../wire/value.ts";

/** An action with its arguments, and what the wallet shows of it. */
export interface Action {
  readonly name: string;
  readonly description: string;
  readonly values: readonly Argument[];
}

/** A credential as it is written, with the issuer's signatures. */
export interface SignedCredential {
  readonly id: string;
  /** Readable by everyone who may see the credential; JSON, or empty. */
  readonly publicNotes: string;
  /** Encrypted, base64. */
  readonly content: string;
  /** Ephemeral key that the content is encrypted from, base64. */
  readonly encryptorPublicKey: string;
  /** Key of the signatures, lower-case hexadecimal. */
  readonly issuerAuthPublicKey: string;
  /** Over the bytes of the notes, base64. */
  readonly publicNotesSignature: string;
  /** Over the first signature and the content, base64. */
  readonly broaderSignature: string;
}

/** A wallet as it is linked, with its own signature. */
export interface SignedWallet {
  readonly id: string;
  readonly type: string;
  readonly address: string;
  readonly publicKey: string | undefined;
  readonly message: string;
  readonly signature: string;
}

/** The actions of people. Names, orders and descriptions are those of the catalogue. */
export const ACTIONS = {
  addCredential: (it: SignedCredential): Action => ({
    name: "add_credential",
    description: "Add a new credential",
    values: [
      uuid(it.id),
      text(it.issuerAuthPublicKey),
      text(it.encryptorPublicKey),
      text(it.content),
      text(it.publicNotes),
      text(it.publicNotesSignature),
      text(it.broaderSignature),
    ],
  }),
  editCredential: (it: SignedCredential): Action => ({
    name: "edit_credential",
    description: "Edit a credential",
    values: [
      uuid(it.id),
      text(it.publicNotes),
      text(it.publicNotesSignature),
      text(it.broaderSignature),
      text(it.content),
      text(it.encryptorPublicKey),
      text(it.issuerAuthPublicKey),
    ],
  }),
  removeCredential: (id: string): Action => ({
    name: "remove_credential",
    description: "Remove a credential from your idOS profile",
    values: [uuid(id)],
  }),
  shareCredential: (
    copy: SignedCredential,
    originalId: string,
    contentHash: string,
    grantee: string,
    lockedUntil: number,
  ): Action => ({
    name: "share_credential",
    description: "Share a credential with creating AG",
    values: [
      uuid(copy.id),
      uuid(originalId),
      text(copy.publicNotes),
      text(copy.publicNotesSignature),
      text(copy.broaderSignature),
      text(copy.content),
      text(contentHash),
      text(copy.encryptorPublicKey),
      text(copy.issuerAuthPublicKey),
      text(grantee),
      int8(lockedUntil),
    ],
  }),
  rescindSharedCredential: (id: string): Action => ({
    name: "rescind_shared_credential",
    description: "Rescind a shared credential as a grantee",
    values: [uuid(id)],
  }),
  revokeAccessGrant: (id: string): Action => ({
    name: "revoke_access_grant",
    description: "Revoke an Access Grant from idOS",
    values: [uuid(id)],
  }),
  setAccessGrantExpiry: (id: string, expiresAt: number): Action => ({
    name: "set_access_grant_expiry",
    description: "Let an Access Grant end by itself",
    values: [uuid(id), int8(expiresAt)],
  }),
  addAttribute: (id: string, key: string, value: string): Action => ({
    name: "add_attribute",
    description: "Create a new attribute in your idOS profile",
    values: [uuid(id), text(key), text(value)],
  }),
  editAttribute: (id: string, key: string, value: string): Action => ({
    name: "edit_attribute",
    description: "Edit an existing attribute",
    values: [uuid(id), text(key), text(value)],
  }),
  removeAttribute: (id: string): Action => ({
    name: "remove_attribute",
    description: "Remove an existing attribute",
    values: [uuid(id)],
  }),
  shareAttribute: (id: string, originalId: string, key: string, value: string): Action => ({
    name: "share_attribute",
    description: "Share an attribute",
    values: [uuid(id), uuid(originalId), text(key), text(value)],
  }),
  shareAttributeWith: (
    id: string,
    originalId: string,
    key: string,
    value: string,
    grantee: string,
  ): Action => ({
    name: "share_attribute_with",
    description: "Share an attribute with a grantee",
    values: [uuid(id), uuid(originalId), text(key), text(value), text(grantee)],
  }),
  addWallet: (it: SignedWallet): Action => ({
    name: "add_wallet",
    description: "Add a wallet to idOS",
    values: [
      uuid(it.id),
      text(it.address),
      text(it.publicKey ?? null),
      text(it.type),
      text(it.message),
      text(it.signature),
    ],
  }),
  removeWallet: (id: string): Action => ({
    name: "remove_wallet",
    description: "Remove a wallet from idOS",
    values: [uuid(id)],
  }),
  detachWallet: (): Action => ({
    name: "detach_wallet",
    description: "Detach this wallet from its idOS profile",
    values: [],
  }),
  updateEncryptionKey: (publicKey: string, passwordStore: string): Action => ({
    name: "update_encryption_key",
    description: "Update the encryption key of your idOS profile",
    values: [text(publicKey), text(passwordStore)],
  }),
  eraseProfile: (): Action => ({ name: "erase_profile", description: "Erase your idOS profile", values: [] }),
};
