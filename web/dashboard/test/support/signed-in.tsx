// What surrounds a screen of somebody who is signed in, with an enclave that tests play.
import { QueryClientProvider } from "@tanstack/react-query";
import type { IdosClient, Person } from "idos-client";
import type { Enclave } from "idos-client/enclave";
import type { PageConfig } from "idos-kit/page-config";
import { type ReactNode, useState } from "react";
import { newQueryClient } from "../../src/queries/client.ts";
import { SetupContext } from "../../src/session/config-context.tsx";
import { EnclaveContext } from "../../src/session/enclave-context.tsx";
import { type Session, SessionContext, type SessionState } from "../../src/session/session-context.tsx";

export const CONFIG: PageConfig = {
  network: {
    chainId: "c",
    nodes: ["http://node.test"],
    checkpoint: { chainId: "c", epoch: "1", sets: ["a", "b"] },
  },
  enclave: "http://enclave.test",
  dashboard: null,
  demo: null,
  issuers: [{ name: "Sample Issuer", url: "http://issuer.test" }],
  development: true,
};

export const CONNECTOR = {
  id: "w",
  name: "Wallet",
  type: "EVM",
  connect: () => Promise.reject(new Error("not here")),
} as const;

export const ready = (person: Person): SessionState => ({ kind: "ready", connector: CONNECTOR, person });

export const sessionOf = (state: SessionState): Session => ({
  state,
  connect: async () => undefined,
  disconnect: async () => undefined,
  hold: () => () => undefined,
  watched: (signer) => ({ signer, end: () => undefined }),
});

/** The parts of the enclave that a test plays. */
export type Played = Partial<{ readonly [Name in keyof Enclave]: unknown }>;

export function SignedIn({
  person,
  enclave = {},
  takeRingError = () => undefined,
  children,
}: {
  readonly person: Person;
  readonly enclave?: Played;
  readonly takeRingError?: () => unknown;
  readonly children: ReactNode;
}) {
  const [queries] = useState(() => newQueryClient());
  const [access] = useState(() => ({
    open: async () => enclave as unknown as Enclave,
    takeRingError,
    locks: 0,
    setTitle: () => undefined,
  }));
  return (
    <SetupContext value={{ config: CONFIG, client: {} as IdosClient }}>
      <QueryClientProvider client={queries}>
        <SessionContext value={sessionOf(ready(person))}>
          <EnclaveContext value={access}>{children}</EnclaveContext>
        </SessionContext>
      </QueryClientProvider>
    </SetupContext>
  );
}
