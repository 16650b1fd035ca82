import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { SignatureBar } from "./components/signature-bar.tsx";
import { newQueryClient } from "./queries/client.ts";
import { newRouter } from "./router.tsx";
import { keepCheckpoint } from "./session/checkpoint.ts";
import { type Setup, SetupContext } from "./session/config-context.tsx";
import { EnclaveProvider } from "./session/enclave-provider.tsx";
import { SessionProvider } from "./session/session-provider.tsx";
import { PendingSignatures } from "./session/watched-signer.ts";

/** The whole page. */
export function App({ setup }: { readonly setup: Setup }) {
  const [queries] = useState(() => newQueryClient());
  const [router] = useState(() => newRouter());
  const [signatures] = useState(() => new PendingSignatures());
  useEffect(() => {
    const leave = () => keepCheckpoint(setup.config.network.checkpoint, setup.client);
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
