import { useMutation } from "@tanstack/react-query";
import type { Person } from "idos-client";
import type { Holder, SealedCredential } from "idos-client/enclave";
import { useState } from "react";
import { Done } from "../components/done.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { Screen } from "../components/screen.tsx";
import { useHolder } from "../queries/holder.ts";
import { isSealed, ownAttributes } from "../rules/attributes.ts";
import { type EnclaveAccess, unlocked, useEnclave } from "../session/enclave-context.tsx";
import { usePerson } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";

/** Everything as one file. */
export function Export() {
  const access = useEnclave();
  const person = usePerson();
  const holder = useHolder();
  const [progress, setProgress] = useState<string | undefined>(undefined);
  const [said, setSaid] = useState<string | undefined>(undefined);
  const run = useMutation({
    mutationFn: async () => {
      if (holder !== undefined) {
        setSaid(TEXTS.export.done(await exported(access, person, holder, setProgress)));
      }
    },
    onSettled: () => setProgress(undefined),
  });
  return (
    <Screen title={TEXTS.export.title} lead={TEXTS.export.lead}>
      <Done text={said} />
      <section className="card section" aria-label={TEXTS.export.title}>
        <ul className="bullets">
          {TEXTS.export.what.map((it) => (
            <li key={it}>{it}</li>
          ))}
        </ul>
        <p className="muted">{TEXTS.export.how}</p>
        <p className="notice" data-tone="warn">
          {TEXTS.export.warning}
        </p>
        <EnclaveAction action={run} given={undefined} kind="primary" disabled={holder === undefined}>
          {TEXTS.export.action}
        </EnclaveAction>
        {progress === undefined ? null : (
          <p className="muted" role="status">
            {progress}
          </p>
        )}
      </section>
    </Screen>
  );
}

/** Fetches everything, with proof, and hands it to the enclave. */
async function exported(
  access: EnclaveAccess,
  person: Person,
  holder: Holder,
  report: (progress: string) => void,
): Promise<number> {
  // Keys first: the browser opens windows shortly after a click only.
  return unlocked(access, holder, async (enclave) => {
    const { value: all } = await person.credentials({ copies: true });
    const originals = all.filter((it) => it.originalId === null);
    const credentials: SealedCredential[] = [];
    for (const { id } of originals) {
      report(TEXTS.export.collecting(credentials.length + 1, originals.length));
      const { value: whole } = await person.credential(id);
      if (whole !== undefined) {
        credentials.push(whole);
      }
    }
    const [profile, wallets, grants, attributes] = [
      (await person.profile()).value,
      (await person.wallets()).value,
      (await person.grantsOwned()).value,
      ownAttributes((await person.attributes()).value),
    ];
    const plain = attributes.filter((it) => !isSealed(it.value));
    const { items } = await enclave.export({
      credentials,
      attributes: attributes
        .filter((it) => isSealed(it.value))
        .map(({ id, key, value }) => ({ id, key, value })),
      record: { profile, wallets, grants, plainAttributes: plain },
    });
    return items;
  });
}
