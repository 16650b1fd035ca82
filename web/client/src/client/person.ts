import { UsageError } from "../errors.ts";
import { UnprovableError } from "../nodes/node-error.ts";
import type { Signer, WalletName } from "../signer/signer.ts";
import { ACTIONS, type Action, type SignedCredential, type SignedWallet } from "./actions.ts";
import type { Answer, ReadOptions } from "./certified.ts";
import { type CredentialFilter, isWanted } from "./credential-filter.ts";
import { isBeyondProof, shown } from "./effect.ts";
import { LAST_SECONDS } from "./from-proof.ts";
import type { Network } from "./network.ts";
import { signOwnership } from "./ownership.ts";
import type { Question } from "./question.ts";
import { type Paging, QUESTIONS } from "./questions.ts";
import type {
  AccessGrant,
  Attribute,
  Credential,
  CredentialContent,
  GrantPage,
  Profile,
  Wallet,
} from "./records.ts";
import { type Sealed, signCopy } from "./sealed.ts";
import { Session } from "./session.ts";
import { type Receipt, Transactions } from "./transactions.ts";
import { type SignedWriteGrant, signWriteGrant, type WriteGrantTerms } from "./write-grant.ts";

/** With whom to share what, and how the copy comes to be. */
export interface Share {
  /** The credential, an original of the caller. */
  readonly credentialId: string;
  /** The same with its content, if that is known already: it is not asked for then. */
  readonly credential?: CredentialContent | undefined;
  /** Who may read: the text by which the network knows them, an address or a key. */
  readonly grantee: string;
  /** Until when it cannot be revoked: seconds since 1970, at most ten years ahead. 0, the default, for no lock. */
  readonly lockedUntil?: number;
  /** The id of the copy, if it has to be known whatever becomes of the answer; else one is made. */
  readonly copyId?: string | undefined;
  /** Encrypts the content for the grantee: the enclave does, so that the page never sees what it says. */
  readonly seal: (credential: CredentialContent) => Promise<Sealed>;
}

/** The copy that was made for a grantee. */
export interface Shared extends Receipt {
  readonly copyId: string;
}

/**
 * A person, by one of their wallets: what they have, whom they gave access, what was shared with them. Reads ask the
 * wallet to sign in when a node wants that; writes ask it to sign each one, and resolve once a node says that it is in a
 * block. What ends something, and the key, is proved besides, if the client has a checkpoint; else it rejects with an
 * `UnprovedError`, or, where the nodes refuse to prove it, as of more than 2,048 grants, with an `UnprovableError`.
 */
export class Person {
  readonly #network: Network;
  readonly #signer: Signer;
  readonly #session: Session;
  readonly #transactions: Transactions;

  /** @internal Made by `IdosClient.person`. */
  constructor(network: Network, signer: Signer) {
    this.#network = network;
    this.#signer = signer;
    this.#session = new Session(network, signer);
    this.#transactions = new Transactions(network, signer);
  }

  /** The wallet that signs. */
  get wallet(): WalletName {
    return this.#signer.wallet;
  }

  /** Signs in now rather than when a node first asks. */
  signIn(): Promise<void> {
    return this.#session.signIn();
  }

  /** Ends the session, in browsers those at all nodes. Rejects if one of them may go on. */
  signOut(): Promise<void> {
    return this.#session.signOut();
  }

  /** The profile; undefined if this wallet is linked to none. */
  profile(options?: ReadOptions): Promise<Answer<Profile | undefined>> {
    return this.#ask(QUESTIONS.profile(), options);
  }

  /** The wallets that are linked to the profile. */
  wallets(options?: ReadOptions): Promise<Answer<readonly Wallet[]>> {
    return this.#ask(QUESTIONS.wallets(), options);
  }

  /** The credentials without their contents; without copies, unless the filter asks for them. */
  async credentials(
    filter: CredentialFilter = {},
    options?: ReadOptions,
  ): Promise<Answer<readonly Credential[]>> {
    const { value, proof } = await this.#ask(QUESTIONS.credentials(), options);
    return { value: value.filter((credential) => isWanted(credential, filter)), proof };
  }

  /** A credential of the person with its encrypted content; undefined if there is none with this id. */
  async credential(id: string, options?: ReadOptions): Promise<Answer<CredentialContent | undefined>> {
    return this.#ask(QUESTIONS.credential(id), options);
  }

  /** A credential that somebody shared with this wallet; undefined if there is none with this id. */
  async sharedCredential(id: string, options?: ReadOptions): Promise<Answer<CredentialContent | undefined>> {
    return this.#ask(QUESTIONS.sharedCredential(id), options);
  }

  /** The attributes, copies included. */
  attributes(options?: ReadOptions): Promise<Answer<readonly Attribute[]>> {
    return this.#ask(QUESTIONS.attributes(), options);
  }

  /** An attribute that somebody shared with this wallet; undefined if there is none with this id. */
  sharedAttribute(id: string, options?: ReadOptions): Promise<Answer<Attribute | undefined>> {
    return this.#ask(QUESTIONS.sharedAttribute(id), options);
  }

  /** The grants that the person gave. */
  grantsOwned(options?: ReadOptions): Promise<Answer<readonly AccessGrant[]>> {
    return this.#ask(QUESTIONS.grantsOwned(), options);
  }

  /** A page of the grants to this wallet, oldest first; of one owner, if one is named. */
  async grantsGranted(
    { owner, ...paging }: Paging & { readonly owner?: string } = {},
    options?: ReadOptions,
  ): Promise<Answer<GrantPage>> {
    return this.#ask(QUESTIONS.grantsGranted(owner, paging), options);
  }

  /** Adds a credential that an issuer signed. */
  async addCredential(credential: SignedCredential): Promise<Receipt> {
    return this.#transactions.send(ACTIONS.addCredential(credential));
  }

  /** Replaces a credential, by its id, with one that an issuer signed. */
  async editCredential(credential: SignedCredential): Promise<Receipt> {
    return this.#transactions.send(ACTIONS.editCredential(credential));
  }

  /** Deletes a credential, and with an original its copies; those under a lock stay until it ends. */
  async removeCredential(id: string): Promise<Receipt> {
    return this.#ended(ACTIONS.removeCredential(id), "credential", () =>
      found(id, this.credentials({ copies: true })),
    );
  }

  /** Gives somebody a copy of a credential, encrypted for them. */
  async share({
    credentialId,
    credential,
    grantee,
    lockedUntil = 0,
    copyId = crypto.randomUUID(),
    seal,
  }: Share): Promise<Shared> {
    const original = credential ?? (await this.credential(credentialId)).value;
    if (original === undefined) {
      throw new UsageError("Argument", "there is no credential with this id to share");
    }
    if (original.id !== credentialId.toLowerCase()) {
      throw new UsageError("Argument", "the credential that is given is not the one to share");
    }
    const sealed = await seal(original);
    if (sealed.grantee !== undefined && sealed.grantee.toLowerCase() !== grantee.toLowerCase()) {
      throw new UsageError("Argument", "the copy was sealed for another recipient");
    }
    const copy = signCopy(copyId, sealed);
    const action = ACTIONS.shareCredential(copy, credentialId, sealed.contentHash, grantee, lockedUntil);
    return { ...(await this.#transactions.send(action)), copyId };
  }

  /** Ends a grant that the person gave, unless it is locked; the copy goes with its last grant. */
  async revoke(grantId: string): Promise<Receipt> {
    return this.#ended(ACTIONS.revokeAccessGrant(grantId), "grant", () => found(grantId, this.grantsOwned()));
  }

  /** Has a grant end by itself, at a time in seconds since 1970 after its lock; 0 for never. */
  async setGrantExpiry(grantId: string, expiresAt: number): Promise<Receipt> {
    return this.#ended(
      ACTIONS.setAccessGrantExpiry(grantId, expiresAt),
      "grant",
      () => found(grantId, this.grantsOwned()),
      // It may have ended already.
      (grant) => grant === undefined || grant.expiresAt === Math.min(expiresAt, Number(LAST_SECONDS)),
    );
  }

  /** Gives up what somebody shared with this wallet. */
  async rescind(credentialId: string): Promise<Receipt> {
    return this.#ended(ACTIONS.rescindSharedCredential(credentialId), "shared credential", async () => {
      const { value } = await this.sharedCredential(credentialId);
      return value;
    });
  }

  /** Adds an attribute; its id is made here unless one is given. */
  async addAttribute(
    key: string,
    value: string,
    id: string = crypto.randomUUID(),
  ): Promise<Receipt & { readonly id: string }> {
    return { ...(await this.#transactions.send(ACTIONS.addAttribute(id, key, value))), id };
  }

  async editAttribute(id: string, key: string, value: string): Promise<Receipt> {
    return this.#transactions.send(ACTIONS.editAttribute(id, key, value));
  }

  async removeAttribute(id: string): Promise<Receipt> {
    return this.#ended(ACTIONS.removeAttribute(id), "attribute", () => found(id, this.attributes()));
  }

  /** Adds a copy of an attribute, encrypted for somebody, who reads it if the grantee is named; its id is made here unless one is given. */
  async shareAttribute(
    originalId: string,
    key: string,
    value: string,
    grantee?: string,
    id: string = crypto.randomUUID(),
  ): Promise<Receipt & { readonly id: string }> {
    const action =
      grantee === undefined
        ? ACTIONS.shareAttribute(id, originalId, key, value)
        : ACTIONS.shareAttributeWith(id, originalId, key, value, grantee);
    return { ...(await this.#transactions.send(action)), id };
  }

  /** Links another wallet, which signs that it belongs to this profile. */
  async addWallet(signer: Signer): Promise<Receipt & { readonly id: string }> {
    const signed = await this.ownershipBy(signer);
    return { ...(await this.linkWallet(signed)), id: signed.id };
  }

  /** Has another wallet sign that it belongs to this profile. Nothing is sent: `linkWallet` does, as often as it takes. */
  async ownershipBy(signer: Signer): Promise<SignedWallet> {
    const { value: profile } = await this.profile();
    if (profile === undefined) {
      throw new UsageError("Argument", "this wallet is linked to no profile that another could be added to");
    }
    return signOwnership(crypto.randomUUID(), signer, this.#network.chainId, profile.id);
  }

  /** Links a wallet that has signed already that it belongs to this profile: that of recovery words, for instance. */
  linkWallet(signed: SignedWallet): Promise<Receipt> {
    return this.#transactions.send(ACTIONS.addWallet(signed));
  }

  /** Signs that this wallet belongs to a profile, for the issuer who makes the profile. Nothing is sent. */
  signOwnership(userId: string): Promise<SignedWallet> {
    return signOwnership(crypto.randomUUID(), this.#signer, this.#network.chainId, userId);
  }

  /** Signs that an issuer may add a credential, for the issuer to send along with it. Nothing is sent. */
  signWriteGrant(terms: WriteGrantTerms): Promise<SignedWriteGrant> {
    return signWriteGrant(this.#signer, this.#network.chainId, terms);
  }

  /** Takes a wallet off the profile; never the one that signs. */
  async removeWallet(id: string): Promise<Receipt> {
    return this.#ended(ACTIONS.removeWallet(id), "wallet", () => found(id, this.wallets()));
  }

  /** Takes the wallet that signs off its profile, unless it is the only one. */
  detachWallet(): Promise<Receipt> {
    return this.#ended(ACTIONS.detachWallet(), "profile", () => this.#profile());
  }

  /** Replaces the key that issuers encrypt to: base64, and who keeps the password that it is derived from. */
  updateEncryptionKey(publicKey: string, passwordStore: "user" | "mpc"): Promise<Receipt> {
    return this.#ended(
      ACTIONS.updateEncryptionKey(publicKey, passwordStore),
      "profile",
      () => this.#profile(),
      (profile) => profile?.encryptionPublicKey === publicKey && profile.passwordStore === passwordStore,
    );
  }

  /** Erases the profile with everything in it; copies under a lock stay until it ends. */
  eraseProfile(): Promise<Receipt> {
    return this.#ended(ACTIONS.eraseProfile(), "profile", () => this.#profile());
  }

  /** What became of a transaction; undefined while it waits for its block. */
  outcome(hash: string): Promise<Receipt | undefined> {
    return this.#transactions.outcome(hash);
  }

  async #profile(): Promise<Profile | undefined> {
    const { value } = await this.profile();
    return value;
  }

  /**
   * Ends or changes what is there, and has that proved. It is looked for before, too: else the state of a time before it
   * was made would pass for one without it.
   */
  async #ended<T>(
    action: Action,
    what: string,
    find: () => Promise<T | undefined>,
    isDone: (found: T | undefined) => boolean = (found) => found === undefined,
  ): Promise<Receipt> {
    const { light, nodes } = this.#network;
    let isThere = true;
    let unprovable: unknown;
    try {
      isThere = light === undefined || (await find()) !== undefined;
    } catch (error) {
      if (!isBeyondProof(error)) {
        throw error;
      }
      // That a list is too long to be proved is no reason not to write.
      unprovable = error;
    }
    // What was not there the rules refuse, and in their words.
    const receipt = await this.#transactions.send(action);
    if (unprovable !== undefined) {
      throw new UnprovableError(receipt.hash, { cause: unprovable });
    }
    if (!isThere) {
      throw new UsageError("Argument", `there is no such ${what}`);
    }
    return light === undefined ? receipt : shown(nodes, receipt, async () => isDone(await find()));
  }

  #ask<T>(question: Question<T>, options?: ReadOptions): Promise<Answer<T>> {
    return this.#session.read(() => this.#network.answer(question, this.#signer, options));
  }
}

/** The one of a list with this id, in either case. */
async function found<T extends { readonly id: string }>(
  id: string,
  list: Promise<Answer<readonly T[]>>,
): Promise<T | undefined> {
  const { value } = await list;
  return value.find((it) => it.id === id.toLowerCase());
}
