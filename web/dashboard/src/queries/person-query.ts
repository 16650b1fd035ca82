import { keepPreviousData, type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  type AccessGrant,
  type Answer,
  type Attribute,
  allParties,
  type Credential,
  type CredentialContent,
  type GrantPage,
  type Party,
  type Person,
  type Profile,
  type Wallet,
} from "idos-client";
import { afterSignIns } from "../session/after-sign-ins.ts";
import { useSetup } from "../session/config-context.tsx";
import { usePerson } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";

/**
 * What is asked about the person who is signed in lies under this key, and every write has it asked again. Only the names
 * of what is shared with them lie elsewhere: those do not change.
 */
export const PERSON = "person";
const CREDENTIALS = ["credentials"];
/** Rows on one page of what is shared with a wallet. */
export const RECEIVED_ROWS = 20;
/** Milliseconds for which a content that was fetched is not fetched again. */
const CONTENT_MILLIS = 60_000;

const keyOf = ({ wallet }: Person, name: readonly unknown[]) => [
  PERSON,
  wallet.type,
  wallet.address,
  ...name,
];

function usePersonQuery<T>(
  name: readonly unknown[],
  ask: (person: Person) => Promise<Answer<T>>,
): UseQueryResult<Answer<T>> {
  const person = usePerson();
  return useQuery({
    queryKey: keyOf(person, name),
    queryFn: () => afterSignIns(() => ask(person)),
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
  usePersonQuery(CREDENTIALS, (person) => person.credentials({ copies: true }));

/** Takes a credential that was deleted out of what is shown, before the network is asked again. */
export function useDropCredential(): (id: string) => void {
  const person = usePerson();
  const queries = useQueryClient();
  return (id) => {
    queries.setQueryData<Answer<readonly Credential[]>>(keyOf(person, CREDENTIALS), (shown) =>
      shown === undefined ? undefined : { ...shown, value: shown.value.filter((it) => it.id !== id) },
    );
  };
}

export const useAttributes = (): UseQueryResult<Answer<readonly Attribute[]>> =>
  usePersonQuery(["attributes"], (person) => person.attributes());

export const useGrantsOwned = (): UseQueryResult<Answer<readonly AccessGrant[]>> =>
  usePersonQuery(["grants"], (person) => person.grantsOwned());

/** A page of what is shared with this wallet, from 1. The page before it stays until it is there. */
export function useReceived(page: number): UseQueryResult<Answer<GrantPage>> {
  const person = usePerson();
  return useQuery({
    queryKey: keyOf(person, ["received", page]),
    queryFn: () => afterSignIns(() => person.grantsGranted({ page, size: RECEIVED_ROWS })),
    placeholderData: keepPreviousData,
  });
}

/**
 * The public notes of something that was shared with this wallet, once they are `wanted`. They come with its content,
 * however large that is: so they are asked once, and no write has them asked again. Who opens it asks again for those that failed.
 */
export function useReceivedNotes(id: string, wanted: boolean): UseQueryResult<string> {
  const { wallet } = usePerson();
  const contentOf = useReceivedContent();
  return useQuery({
    queryKey: ["received-notes", wallet.type, wallet.address, id],
    queryFn: async () => {
      const shared = await contentOf(id);
      if (shared === undefined) {
        // Not to be kept: a node may be a block behind.
        throw new Error(TEXTS.credential.missing);
      }
      return shared.publicNotes;
    },
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    // What it is taken from is tried again already, and is too large to be fetched every few seconds.
    retry: false,
    refetchInterval: false,
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
      queryKey: keyOf(person, [name, id]),
      queryFn: () => afterSignIns(() => ask(person, id)),
      staleTime: CONTENT_MILLIS,
      gcTime: CONTENT_MILLIS,
    });
}

/** All parties of the network, whatever their roles. */
export function useParties(): UseQueryResult<Answer<readonly Party[]>> {
  const { client } = useSetup();
  return useQuery({ queryKey: ["parties"], queryFn: () => allParties((paging) => client.parties(paging)) });
}
