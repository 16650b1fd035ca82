import { useMutation } from "@tanstack/react-query";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";
import type { Connector } from "../wallets/connector.ts";
import { EnclaveAction } from "./enclave-action.tsx";

/** Lets somebody in by their recovery words, which the enclave alone sees. */
export function RecoveryEntry({ onConnect }: { readonly onConnect: (connector: Connector) => void }) {
  const access = useEnclave();
  const recover = useMutation({
    mutationFn: async () => {
      const enclave = await access.open();
      const { publicKey } = await enclave.recover(null);
      onConnect({
        id: undefined,
        name: TEXTS.connect.recoveryName,
        type: "FaceSign",
        connect: async () => ({ signer: enclave.recoverySigner(publicKey) }),
      });
    },
  });
  return (
    <section className="section" aria-labelledby="recovery">
      <h2 id="recovery">{TEXTS.connect.recovery}</h2>
      <p className="muted">{TEXTS.connect.recoveryLead}</p>
      <EnclaveAction action={recover} given={undefined}>
        {TEXTS.connect.recoveryAction}
      </EnclaveAction>
    </section>
  );
}
