import type { WalletType } from "../rows/identity.ts";

/** A person's profile. */
export interface Profile {
  readonly id: string;
  /** The key that issuers encrypt to, base64. */
  readonly encryptionPublicKey: string;
  /** Who keeps the password that the key is derived from. */
  readonly passwordStore: "user" | "mpc";
}

/** A wallet that is linked to a profile. */
export interface Wallet {
  readonly id: string;
  readonly userId: string;
  readonly type: WalletType;
  /** Of NEAR the account name. */
  readonly address: string;
  readonly publicKey: string | null;
  /** What the wallet signed when it was linked, and its signature. */
  readonly message: string;
  readonly signature: string;
  /** Who linked it, if the person did not. */
  readonly inserter: string | null;
}

/** A credential without its content. */
export interface Credential {
  readonly id: string;
  readonly userId: string;
  /** Readable by everyone who may see the credential; empty for copies. */
  readonly publicNotes: string;
  readonly issuerAuthPublicKey: string;
  readonly inserter: string | null;
  /**
   * Whether it is a copy that was made for a grantee. Without proof a copy whose original was deleted passes for an
   * original: the view's rows do not tell.
   */
  readonly isCopy: boolean;
  /** What it is a copy of, unless that was deleted. */
  readonly originalId: string | null;
}

/** A credential with its encrypted content. */
export interface CredentialContent {
  readonly id: string;
  readonly userId: string;
  /** Of a credential that was shared: those of its original. */
  readonly publicNotes: string | null;
  /** Encrypted, base64. */
  readonly content: string;
  /** Key that the content is encrypted from, base64. */
  readonly encryptorPublicKey: string;
  readonly issuerAuthPublicKey: string;
  readonly inserter: string | null;
}

/** An attribute of a person. */
export interface Attribute {
  readonly id: string;
  readonly userId: string;
  readonly key: string;
  readonly value: string;
  /** Who added it, if it was not the person; null also in answers without proof, which do not tell. */
  readonly inserter: string | null;
  readonly originalId: string | null;
}

/** A permission for one grantee to read one credential. */
export interface AccessGrant {
  readonly id: string;
  readonly ownerUserId: string;
  /** As it was given; compares ignoring case. */
  readonly grantee: string;
  readonly dataId: string;
  /** Until when the owner cannot revoke: seconds since 1970, inclusive; 0 for no lock. */
  readonly lockedUntil: number;
  /** SHA-256 of the plaintext, hexadecimal. */
  readonly contentHash: string | null;
  readonly inserterType: "user" | "delegated_write_grant" | "dag_message";
  readonly inserterId: string;
  /** When it ends by itself: seconds since 1970, 0 for never. Undefined if not proved: the view's rows do not say it. */
  readonly expiresAt?: number | undefined;
  /** The block that made it. Undefined if not proved. */
  readonly height?: number | undefined;
}

/** A page of the grants to somebody. */
export interface GrantPage {
  readonly grants: readonly AccessGrant[];
  /**
   * Whether it is proved that none is left out. Of more than 2,048 grants only each that is shown is proved, and how
   * many there are.
   */
  readonly isComplete: boolean;
  /** How many grants to the caller there are, of all owners; undefined if nobody proved it. */
  readonly total: number | undefined;
}

/** An organisation whose keys others rely on. */
export interface Party {
  readonly id: string;
  readonly address: string;
  readonly roles: readonly ("issuer" | "consumer" | "operator")[];
  /** Undefined before it published any. */
  readonly keys: PartyKeys | undefined;
}

/** One published version of a party's keys. */
export interface PartyKeys {
  readonly version: number;
  /** Name to show to people. */
  readonly name: string;
  readonly did: string | null;
  /** Ed25519, lower-case hexadecimal. */
  readonly signingPublicKey: string;
  /** X25519 key that data for the party is encrypted to, base64. */
  readonly encryptionPublicKey: string;
  /** By the signing key over the text of this version, lower-case hexadecimal. */
  readonly signature: string;
  /** Height of the block that published it. */
  readonly height: number;
}
