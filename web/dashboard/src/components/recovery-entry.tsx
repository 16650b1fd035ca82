import { useMutation } from "@tanstack/react-query";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";
import type { Connector } from "../wallets/connector.ts";
import { EnclaveAction } from "./enclave-action.tsx";

/** Connects the wallet of recovery words, which the enclave alone sees. */
export function RecoveryEntry({
  title,
  lead,
  disabled = false,
  onConnect,
}: {
  readonly title: string;
  readonly lead: string;
  readonly disabled?: boolean;
  readonly onConnect: (connector: Connector) => void;
}) {
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
      <h2 id="recovery">{title}</h2>
      <p className="muted">{lead}</p>
      <EnclaveAction action={recover} given={undefined} disabled={disabled}>
        {TEXTS.connect.recoveryAction}
      </EnclaveAction>
    </section>
  );
}
