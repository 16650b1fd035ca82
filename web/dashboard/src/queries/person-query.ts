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
export const useReceivedNotes = (id: string): UseQueryResult<Answer<string>> =>
  usePersonQuery(["received-notes", id], async (person) => {
    const { value, proof } = await person.sharedCredential(id);
    return { value: value?.publicNotes ?? "", proof };
  });

/**
 * Fetches a credential with its content, or what was fetched a moment ago: a click that the browser wants once more
 * has to open the enclave's window before its permission to do so is over, however slow the line.
 */
export function useContent(): (id: string) => Promise<CredentialContent | undefined> {
  const person = usePerson();
  const queries = useQueryClient();
  return async (id) => {
    const found = await queries.fetchQuery({
      queryKey: [PERSON, person.wallet.type, person.wallet.address, "content", id],
      queryFn: async () => (await person.credential(id)).value ?? null,
      staleTime: CONTENT_MILLIS,
      gcTime: CONTENT_MILLIS,
    });
    return found ?? undefined;
  };
}

/** All parties of the network, whatever their roles. */
export function useParties(): UseQueryResult<Answer<readonly Party[]>> {
  const { client } = useSetup();
  return useQuery({ queryKey: ["parties"], queryFn: () => allParties((paging) => client.parties(paging)) });
}
