import { type Query, QueryClient } from "@tanstack/react-query";
import { IdosError } from "idos-client";
import { hasAskedWallet } from "../session/after-sign-ins.ts";

/** Milliseconds for which an answer is shown without asking again. */
const FRESH_MILLIS = 20_000;

/** Only what another try can change is tried again: the client has asked all nodes by then. */
const retry = (count: number, error: Error) =>
  count < 1 &&
  !hasAskedWallet(error) &&
  error instanceof IdosError &&
  (error.fault === "network" || error.fault === "node");

/** Whether to ask again because the person, or the line, is back: not if their wallet would only be asked once more. */
const isWelcome = (query: Pick<Query<unknown, Error>, "state">) => !hasAskedWallet(query.state.error);

/** Milliseconds after which a network that could not be reached is asked again. */
const AGAIN_MILLIS = 5_000;

/** What failed because of the line alone is asked again by itself, but not if a wallet would be asked with it. */
const again = ({ state: { error } }: Pick<Query<unknown, Error>, "state">) =>
  error instanceof IdosError && error.fault === "network" && !hasAskedWallet(error) ? AGAIN_MILLIS : false;

/**
 * What all screens ask through. Whatever the browser says of the line, it is asked and written at once: the client fails
 * over, and says itself who does not answer. A write that waits for the line would be signed later, without a click.
 */
export function newQueryClient(): QueryClient {
  const networkMode = "always";
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode,
        retry,
        staleTime: FRESH_MILLIS,
        refetchInterval: again,
        refetchOnReconnect: isWelcome,
        refetchOnWindowFocus: isWelcome,
      },
      mutations: { networkMode },
    },
  });
}
