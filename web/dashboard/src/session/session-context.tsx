import type { Person } from "idos-client";
import { createContext, use } from "react";
import type { Connector } from "../wallets/connector.ts";

/** Who is here. */
export type SessionState =
  | { readonly kind: "none" }
  | { readonly kind: "connecting"; readonly connector: Connector }
  | { readonly kind: "failed"; readonly connector: Connector; readonly error: unknown }
  /** The wallet has another account now. */
  | { readonly kind: "changed"; readonly connector: Connector }
  | { readonly kind: "ready"; readonly connector: Connector; readonly person: Person };

export interface Session {
  readonly state: SessionState;
  /** Connects a wallet and signs in by it. Never rejects: the state says what became of it. */
  readonly connect: (connector: Connector) => Promise<void>;
  /** Ends the session and forgets the wallet. */
  readonly disconnect: () => Promise<void>;
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
