/** idOS for dApps. @module */
export type { SignedCredential, SignedWallet } from "./client/actions.ts";
export type { Answer, Certified, ReadOptions } from "./client/certified.ts";
export { type ClientOptions, IdosClient } from "./client/client.ts";
export { type CredentialFilter, notesOf } from "./client/credential-filter.ts";
export { KEY_RING_ATTRIBUTE, keyRingOf } from "./client/key-ring.ts";
export { signOwnership } from "./client/ownership.ts";
export { allParties } from "./client/parties.ts";
export type { Person, Share, Shared } from "./client/person.ts";
export type { Paging, Role } from "./client/questions.ts";
export type {
  AccessGrant,
  Attribute,
  Credential,
  CredentialContent,
  GrantPage,
  Party,
  PartyKeys,
  Profile,
  Wallet,
} from "./client/records.ts";
export type { Sealed } from "./client/sealed.ts";
export type { Receipt } from "./client/transactions.ts";
export {
  type SignedWriteGrant,
  type WriteGrantTerms,
  type WriteGrantText,
  writeGrantMessage,
} from "./client/write-grant.ts";
export * from "./errors.ts";
export { AnswerError, type AnswerReason } from "./evidence/answer-error.ts";
export { CertificateError, type CertificateReason } from "./light-client/certificate.ts";
export { type GenesisValidator, genesisCheckpoint } from "./light-client/genesis.ts";
export { type KeptCheckpoint, laterCheckpoint } from "./light-client/later-checkpoint.ts";
export { type Checkpoint, LightClientError, type LightClientReason } from "./light-client/light-client.ts";
export type { Fetch } from "./nodes/node.ts";
export {
  NoAnswerError,
  NodeError,
  type NodeReason,
  type RefusalReason,
  RefusedError,
  UnknownOutcomeError,
  UnprovableError,
  UnprovedError,
} from "./nodes/node-error.ts";
export type { WalletType } from "./rows/identity.ts";
export { abortable } from "./signer/abortable.ts";
export { callerOf } from "./signer/caller.ts";
export type { AuthType, Signer, WalletName } from "./signer/signer.ts";
export { ClaimError, type ClaimReason } from "./tree/claim.ts";
