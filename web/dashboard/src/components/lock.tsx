import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useEnclaveStatus } from "../queries/enclave-status.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";
import { Done } from "./done.tsx";
import { EnclaveAction } from "./enclave-action.tsx";
import { HolderFault } from "./holder-fault.tsx";
import { Loading } from "./loading.tsx";

/** Locks whatever is unlocked, whoever's it is: that takes no answer of the network. */
export function Lock({ onLocked }: { readonly onLocked: () => Promise<void> }) {
  const access = useEnclave();
  const lock = useMutation({
    mutationFn: async () => {
      await (await access.open()).lock(null);
      await onLocked();
    },
  });
  return (
    <EnclaveAction action={lock} given={undefined} opensWindow={false}>
      {TEXTS.security.lock}
    </EnclaveAction>
  );
}

/** As long as it is not known whose keys they are, they can be locked. */
export function HolderUnknown() {
  const { status, refresh } = useEnclaveStatus();
  const [said, setSaid] = useState<string | undefined>(undefined);
  const locked = () => {
    setSaid(TEXTS.security.lockedNow);
    return refresh();
  };
  return (
    <>
      <Done text={said} />
      <HolderFault waiting={<Loading />} />
      {(status.data?.userId ?? null) === null ? null : (
        <section className="card section" aria-labelledby="state">
          <h2 id="state">{TEXTS.security.state}</h2>
          <Lock onLocked={locked} />
        </section>
      )}
    </>
  );
}
