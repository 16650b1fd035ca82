/**
 * Everything that the bank does with idOS, in the order in which it happens. Copy from here.
 *
 * The page never holds a key, and never sees what a credential says: the enclave, an iframe of another origin, opens
 * and re-encrypts. The page has the wallet and talks to the nodes.
 */
import {
  type CredentialContent,
  type IdosClient,
  keyRingOf,
  type Person,
  type Profile,
  type Signer,
} from "idos-client";
import type { EnclaveApi, Holder } from "idos-client/enclave";
import type { Terms } from "./bank.ts";

const SECONDS_OF_DAY = 86_400;

/** Somebody with a profile, and whether the bank knows them. */
export interface Visitor {
  readonly person: Person;
  readonly profile: Profile;
  readonly holder: Holder;
  /** What they could share; undefined if they have nothing that would do. */
  readonly credential: CredentialContent | undefined;
  /** The copy that the bank was given before. */
  readonly earlierCopy: string | undefined;
}

/**
 * 1. The wallet signs in. Undefined: this wallet has no profile in idOS.
 *
 * Every answer comes with a proof, which the client checks: a node can hide no credential and invent no grant.
 */
export async function visit(idos: IdosClient, signer: Signer, terms: Terms): Promise<Visitor | undefined> {
  const person = await idos.signIn(signer);
  const { value: profile } = await person.profile();
  if (profile === undefined) {
    return undefined;
  }
  const [{ value: attributes }, credential, earlierCopy] = await Promise.all([
    person.attributes(),
    suitable(person),
    given(idos, person, terms),
  ]);
  const { id: userId, encryptionPublicKey } = profile;
  // The sealed key ring: the page carries it to the enclave, and cannot open it.
  const holder = { userId, encryptionPublicKey, keyRing: keyRingOf(attributes)?.value ?? null };
  return { person, profile, holder, credential, earlierCopy };
}

/**
 * 2. Which credential would do, by its public notes. They say what kind it is, nothing about the person; whether it
 * says what the bank wants is seen by the bank's server, once it may read.
 */
async function suitable(person: Person): Promise<CredentialContent | undefined> {
  const wanted = { notes: { type: ["kyc"], status: ["approved"] } };
  const { value: found } = await person.credentials(wanted);
  // The newest of several is the last one that was added.
  const credential = found.at(-1);
  return credential && (await person.credential(credential.id)).value;
}

/** A copy that the person gave to this bank earlier and did not take back. */
async function given(idos: IdosClient, person: Person, terms: Terms): Promise<string | undefined> {
  const [{ value: bank }, { value: grants }] = await Promise.all([
    idos.party(terms.partyId),
    person.grantsOwned(),
  ]);
  const ours = grants.filter(({ grantee }) => grantee.toLowerCase() === bank?.address.toLowerCase());
  return ours.at(-1)?.dataId;
}

/**
 * 3. Consent. Call it in the course of a click: the enclave opens a window of its own, and browsers allow that only
 * then. There the person unlocks their keys, if these are locked, and sees who asks, what for, and until when they cannot
 *  take it back; the name and the key of the bank are those that the network proves, not what this page says.
 *
 * 4. The copy, encrypted for the bank, goes to the network together with the grant to read it. The wallet signs that.
 */
export async function shareWithBank(
  enclave: Pick<EnclaveApi, "share">,
  { person, holder }: Visitor,
  credential: CredentialContent,
  terms: Terms,
  now: Date,
): Promise<string> {
  const lockedUntil = lockEnd(terms, now);
  const receipt = await enclave.share({
    holder,
    credential,
    recipient: { kind: "party", partyId: terms.partyId },
    lockedUntil,
    expiresAt: 0,
  });
  const { copyId } = await person.share({
    credentialId: credential.id,
    credential,
    grantee: receipt.grantee,
    lockedUntil,
    seal: async () => receipt,
  });
  return copyId;
}

/** Until when the bank wants to be sure that it can read, in seconds since 1970; 0 if it does not mind. */
export function lockEnd({ lockDays }: Terms, now: Date): number {
  return lockDays === 0 ? 0 : Math.ceil(now.getTime() / 1000 + lockDays * SECONDS_OF_DAY);
}
