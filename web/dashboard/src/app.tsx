import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { IdosError } from "idos-client";
import { useEffect, useState } from "react";
import { SignatureBar } from "./components/signature-bar.tsx";
import { newRouter } from "./router.tsx";
import { keepCheckpoint } from "./session/checkpoint.ts";
import { type Setup, SetupContext } from "./session/config-context.tsx";
import { EnclaveProvider } from "./session/enclave-provider.tsx";
import { SessionProvider } from "./session/session-provider.tsx";
import { PendingSignatures } from "./session/watched-signer.ts";

/** Milliseconds for which an answer is shown without asking again. */
const FRESH_MILLIS = 20_000;

/** Only what another try can change is tried again: the client has asked all nodes by then. */
const retry = (count: number, error: unknown) =>
  count < 1 && error instanceof IdosError && (error.fault === "network" || error.fault === "node");

/** The whole page. */
export function App({ setup }: { readonly setup: Setup }) {
  const [queries] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry, staleTime: FRESH_MILLIS } } }),
  );
  const [router] = useState(() => newRouter());
  const [signatures] = useState(() => new PendingSignatures());
  useEffect(() => {
    const leave = () => keepCheckpoint(setup.client);
    addEventListener("pagehide", leave);
    return () => removeEventListener("pagehide", leave);
  }, [setup]);
  return (
    <SetupContext value={setup}>
      <QueryClientProvider client={queries}>
        <SessionProvider signatures={signatures}>
          <EnclaveProvider>
            <RouterProvider router={router} />
            <SignatureBar signatures={signatures} />
          </EnclaveProvider>
        </SessionProvider>
      </QueryClientProvider>
    </SetupContext>
  );
}
