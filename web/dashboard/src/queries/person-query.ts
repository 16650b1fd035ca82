import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import type {
  AccessGrant,
  Answer,
  Attribute,
  Credential,
  CredentialContent,
  GrantPage,
  Party,
  Person,
  Profile,
  Wallet,
} from "idos-client";
import { useSetup } from "../session/config-context.tsx";
import { usePerson } from "../session/session-context.tsx";
import { allParties } from "./all-parties.ts";

/** Everything that is asked about the person who is signed in lies under this key. */
export const PERSON = "person";
/** Rows on one page of what is shared with a wallet. */
export const RECEIVED_ROWS = 20;
/** Milliseconds for which a content that was fetched is not fetched again. */
const CONTENT_MILLIS = 60_000;

function usePersonQuery<T>(
  name: readonly unknown[],
  ask: (person: Person) => Promise<Answer<T>>,
): UseQueryResult<Answer<T>> {
  const person = usePerson();
  return useQuery({
    queryKey: [PERSON, person.wallet.type, person.wallet.address, ...name],
    queryFn: () => ask(person),
  });
}

/** The profile; null if the wallet is linked to none. */
export const useProfile = (): UseQueryResult<Answer<Profile | null>> =>
  usePersonQuery(["profile"], async (person) => {
    const { value, proof } = await person.profile();
    return { value: value ?? null, proof };
  });

export const useWallets = (): UseQueryResult<Answer<readonly Wallet[]>> =>
  usePersonQuery(["wallets"], (person) => person.wallets());

/** All credentials: originals and copies. */
export const useCredentials = (): UseQueryResult<Answer<readonly Credential[]>> =>
  usePersonQuery(["credentials"], (person) => person.credentials({ copies: true }));

export const useAttributes = (): UseQueryResult<Answer<readonly Attribute[]>> =>
  usePersonQuery(["attributes"], (person) => person.attributes());

export const useGrantsOwned = (): UseQueryResult<Answer<readonly AccessGrant[]>> =>
  usePersonQuery(["grants"], (person) => person.grantsOwned());

/** A page of what is shared with this wallet, from 1. */
export const useReceived = (page: number): UseQueryResult<Answer<GrantPage>> =>
  usePersonQuery(["received", page], (person) => person.grantsGranted({ page, size: RECEIVED_ROWS }));

/** The public notes of something that was shared with this wallet. */
export function useReceivedNotes(id: string): UseQueryResult<Answer<string>> {
  const { wallet } = usePerson();
  const fetched = useFetched("received-content", askShared);
  return useQuery({
    queryKey: [PERSON, wallet.type, wallet.address, "received-notes", id],
    queryFn: async () => {
      const { value, proof } = await fetched(id);
      return { value: value?.publicNotes ?? "", proof };
    },
    // What it is taken from is tried again already.
    retry: false,
  });
}

/** Gives a credential with its content, by its id; undefined if there is none. */
type ContentOf = (id: string) => Promise<CredentialContent | undefined>;

/** Fetches a credential of the person with its content. */
export function useContent(): ContentOf {
  const fetched = useFetched("content", (person, id) => person.credential(id));
  return async (id) => (await fetched(id)).value;
}

/** Fetches a credential that was shared with this wallet, with its content. */
export function useReceivedContent(): ContentOf {
  const fetched = useFetched("received-content", askShared);
  return async (id) => (await fetched(id)).value;
}

const askShared = (person: Person, id: string) => person.sharedCredential(id);

/**
 * Fetches a content, or gives what was fetched a moment ago: a click that the browser wants once more has to open the
 * enclave's window before its permission to do so is over, however slow the line.
 */
function useFetched<T>(
  name: string,
  ask: (person: Person, id: string) => Promise<Answer<T>>,
): (id: string) => Promise<Answer<T>> {
  const person = usePerson();
  const queries = useQueryClient();
  return (id) =>
    queries.fetchQuery({
      queryKey: [PERSON, person.wallet.type, person.wallet.address, name, id],
      queryFn: () => ask(person, id),
      staleTime: CONTENT_MILLIS,
      gcTime: CONTENT_MILLIS,
    });
}

/** All parties of the network, whatever their roles. */
export function useParties(): UseQueryResult<Answer<readonly Party[]>> {
  const { client } = useSetup();
  return useQuery({ queryKey: ["parties"], queryFn: () => allParties((paging) => client.parties(paging)) });
}
