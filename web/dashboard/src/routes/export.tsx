import { useMutation } from "@tanstack/react-query";
import type { Person } from "idos-client";
import type { Enclave, SealedCredential } from "idos-client/enclave";
import { useRef, useState } from "react";
import { Done } from "../components/done.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { Screen } from "../components/screen.tsx";
import { useHolder } from "../queries/holder.ts";
import { isSealed, ownAttributes } from "../rules/attributes.ts";
import { enclaveReason } from "../rules/error-text.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { usePerson } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";

/** Everything as one file. */
export function Export() {
  const access = useEnclave();
  const person = usePerson();
  const holder = useHolder();
  const [progress, setProgress] = useState<string | undefined>(undefined);
  const [said, setSaid] = useState<string | undefined>(undefined);
  // Browsers open windows shortly after a click only, and collecting may take longer: the next click finds it done.
  const ready = useRef<Collected | undefined>(undefined);
  const run = useMutation({
    mutationFn: async () => {
      if (holder !== undefined) {
        const enclave = await access.open();
        ready.current ??= await collected(person, setProgress);
        const { items } = await enclave.export({ holder, ...ready.current });
        setSaid(TEXTS.export.done(items));
      }
    },
    onSettled: (_, error) => {
      setProgress(undefined);
      if (enclaveReason(error) !== "PopupBlocked") {
        ready.current = undefined;
      }
    },
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

/** What goes into the file, as the network has it: sealed, and to be opened by the enclave. */
type Collected = Omit<Parameters<Enclave["export"]>[0], "holder">;

/** Fetches everything, with proof. */
async function collected(person: Person, report: (progress: string) => void): Promise<Collected> {
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
  return {
    credentials,
    attributes: attributes
      .filter((it) => isSealed(it.value))
      .map(({ id, key, value }) => ({ id, key, value })),
    record: {
      profile,
      wallets,
      grants,
      plainAttributes: attributes.filter((it) => !isSealed(it.value)),
    },
  };
}
