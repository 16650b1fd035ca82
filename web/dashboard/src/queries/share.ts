import type { CredentialContent, Party, Person } from "idos-client";
import type { Holder } from "idos-client/enclave";
import type { EnclaveAccess } from "../session/enclave-context.tsx";

/** What is to be shared, with whom, on which terms. */
export interface ShareOrder {
  readonly credentialId: string;
  readonly party: Party;
  readonly holder: Holder;
  /** Seconds since 1970, 0 for none. */
  readonly lockedUntil: number;
  readonly expiresAt: number;
}

/** What became of it: a copy that was shared, whose end may not have been set. */
export interface SharedCopy {
  readonly copyId: string;
  readonly isEndSet: boolean;
}

/** Has the enclave seal a copy for the recipient, and stores it with its grant, and its end if it is to have one. */
export async function shareCredential(
  access: EnclaveAccess,
  person: Person,
  { credentialId, party, holder, lockedUntil, expiresAt }: ShareOrder,
  contentOf: (id: string) => Promise<CredentialContent | undefined>,
): Promise<SharedCopy> {
  const { copyId } = await person.share({
    credentialId,
    credential: await contentOf(credentialId),
    grantee: party.address,
    lockedUntil,
    seal: async (credential) => {
      const enclave = await access.open();
      return enclave.share({
        holder,
        credential,
        recipient: {
          kind: "party",
          partyId: party.id,
          ...(party.keys === undefined ? {} : { encryptionPublicKey: party.keys.encryptionPublicKey }),
        },
        lockedUntil,
        expiresAt,
      });
    },
  });
  if (expiresAt === 0) {
    return { copyId, isEndSet: true };
  }
  try {
    const { value: grants } = await person.grantsOwned();
    const grant = grants.find((it) => it.dataId === copyId);
    if (grant === undefined) {
      return { copyId, isEndSet: false };
    }
    await person.setGrantExpiry(grant.id, expiresAt);
    return { copyId, isEndSet: true };
  } catch {
    // It is shared all the same: the person is told, and can set the end where grants are shown.
    return { copyId, isEndSet: false };
  }
}
