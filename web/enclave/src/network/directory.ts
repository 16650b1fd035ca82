// Who is who, as the network proves it. The nodes are those of the enclave's own configuration, never the page's.
import { type Answer, allParties, IdosClient, IdosError, laterCheckpoint, type Party } from "idos-client";
import { EnclaveError, type Recipient } from "idos-client/enclave";
import type { PublicKey } from "idos-crypto";
import { shownName } from "idos-kit/names";
import { loadPageConfig } from "idos-kit/page-config";
import { publicKey } from "../keys/person-keys.ts";
import { checkpointSeen, rememberCheckpoint } from "../page/memory.ts";

/** A recipient whom the enclave may seal for. */
export interface KnownRecipient {
  readonly grantee: string;
  readonly key: PublicKey;
  /** What it calls itself, or its address; null of an unlisted one. */
  readonly name: string | null;
}

/** What of the network the enclave asks. */
export interface Network {
  readonly chainId: string;
  party(id: string): Promise<Party | undefined>;
  /** All of them. */
  parties(): Promise<readonly Party[]>;
}

/**
 * The network of the configuration, read with proofs only, from where an earlier visit came to: who validated before
 * that has no word any more.
 */
export async function openNetwork(): Promise<Network> {
  const { network } = await loadPageConfig();
  const { checkpoint: anchor } = network;
  const client = new IdosClient({ ...network, checkpoint: laterCheckpoint(anchor, checkpointSeen()) });
  const proved = async <T>(asked: Promise<Answer<T>>): Promise<T> => {
    try {
      return (await asked).value;
    } finally {
      rememberCheckpoint({ anchor, checkpoint: client.checkpoint() ?? anchor });
    }
  };
  return {
    chainId: network.chainId,
    party: (id) => proved(client.party(id, { proved: true })),
    parties: () => proved(allParties((paging) => client.parties(paging, { proved: true }))),
  };
}

/**
 * Asks the network; what goes wrong is said as a fault of the network. What a node says of it goes no further: the
 * enclave's window would show it as the enclave's own words.
 */
export async function asking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof EnclaveError) {
      throw cause;
    }
    const why =
      cause instanceof IdosError
        ? "its nodes do not answer as they should"
        : "its configuration cannot be read";
    throw new EnclaveError("Network", `the enclave cannot ask the network: ${why}`, { cause });
  }
}

/** Finds out who a recipient is. Refuses whoever is not the one that the page says, or has another key. */
export async function recognise(network: Network, recipient: Recipient): Promise<KnownRecipient> {
  if (recipient.kind === "party") {
    const party = await network.party(recipient.partyId);
    if (party === undefined || !party.roles.includes("consumer")) {
      throw new EnclaveError("RecipientKey", "the network admitted no consumer with this id");
    }
    return keyOf(party, recipient.encryptionPublicKey);
  }
  const grantee = recipient.grantee.toLowerCase();
  const listed = (await network.parties()).find(({ address }) => address.toLowerCase() === grantee);
  if (listed !== undefined) {
    if (!listed.roles.includes("consumer")) {
      throw new EnclaveError("RecipientKey", "the network lists this recipient, but not as a consumer");
    }
    // Known after all: then by the key that the network proves, or not at all.
    return keyOf(listed, recipient.encryptionPublicKey);
  }
  const key = publicKey(recipient.encryptionPublicKey, "the recipient");
  return { grantee: recipient.grantee, key, name: null };
}

function keyOf({ address, keys }: Party, given: string | undefined): KnownRecipient {
  if (keys === undefined) {
    throw new EnclaveError("RecipientKey", "the recipient has published no key yet");
  }
  const key = publicKey(keys.encryptionPublicKey, "the recipient");
  if (given !== undefined && !publicKey(given, "the recipient").equals(key)) {
    const message = "the key that the page gives for the recipient is not the one that the network proves";
    throw new EnclaveError("RecipientKey", message);
  }
  return { grantee: address, key, name: shownName(keys.name) ?? address };
}
