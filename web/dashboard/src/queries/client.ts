import { QueryClient } from "@tanstack/react-query";
import { IdosError } from "idos-client";

/** Milliseconds for which an answer is shown without asking again. */
const FRESH_MILLIS = 20_000;

/** Only what another try can change is tried again: the client has asked all nodes by then. */
const retry = (count: number, error: unknown) =>
  count < 1 && error instanceof IdosError && (error.fault === "network" || error.fault === "node");

/**
 * What all screens ask through. Whatever the browser says of the line, it is asked and written at once: the client fails
 * over, and says itself who does not answer. A write that waits for the line would be signed later, without a click.
 */
export function newQueryClient(): QueryClient {
  const networkMode = "always";
  return new QueryClient({
    defaultOptions: {
      queries: { networkMode, retry, staleTime: FRESH_MILLIS, refetchOnReconnect: true },
      mutations: { networkMode },
    },
  });
}
