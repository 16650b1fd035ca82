import type { Person, Signer } from "idos-client";
import { createContext, use } from "react";
import type { Connector } from "../wallets/connector.ts";
import type { Watched } from "./watched-signer.ts";

/** What is said to who erased their profile. */
export interface Erased {
  /** What locks still hold, one sentence for each. */
  readonly held: readonly string[];
}

/** Who is here. */
export type SessionState =
  /** Nobody; `erased` of who just erased their profile here, `wasByWords` of who loaded the page again. */
  | { readonly kind: "none"; readonly erased?: Erased | undefined; readonly wasByWords?: boolean }
  | { readonly kind: "connecting"; readonly connector: Connector }
  | { readonly kind: "failed"; readonly connector: Connector; readonly error: unknown }
  /** The wallet has another account now. */
  | { readonly kind: "changed"; readonly connector: Connector }
  | { readonly kind: "ready"; readonly connector: Connector; readonly person: Person };

/**
 * Whether somebody left between two states: whoever was signed in is not any more, or whoever tried to come in gave up.
 * Their keys are not for who comes next. To come in, by recovery words that the enclave still holds, is not to leave.
 */
export function isLeaving(before: SessionState, after: SessionState): boolean {
  return before.kind === "ready"
    ? after.kind !== "ready" || after.person !== before.person
    : before.kind !== "none" && after.kind === "none";
}

export interface Session {
  readonly state: SessionState;
  /** Connects a wallet and signs in by it. Never rejects: the state says what became of it. */
  readonly connect: (connector: Connector) => Promise<void>;
  /** Ends the session, in all tabs, and forgets the wallet; `erased` if that is because the profile is. */
  readonly disconnect: (erased?: Erased) => Promise<void>;
  /**
   * Keeps the session while the wallet changes its account, which people do to link another one: requests name the
   * account that is to sign. Returns what ends that; then the session ends if its account is gone.
   */
  readonly hold: () => () => void;
  /** Has the signatures of another wallet announced like those of the session's own. */
  readonly watched: (signer: Signer) => Watched;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) {
    throw new Error("SessionContext is missing");
  }
  return session;
}

/** The person who is signed in. For what is shown to them only. */
export function usePerson(): Person {
  const { state } = useSession();
  if (state.kind !== "ready") {
    throw new Error("nobody is signed in here");
  }
  return state.person;
}
