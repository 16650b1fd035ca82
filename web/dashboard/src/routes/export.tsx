import { useMutation } from "@tanstack/react-query";
import type { Person } from "idos-client";
import type { EnclaveApi, ExportPart } from "idos-client/enclave";
import { useState } from "react";
import { Done } from "../components/done.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { HolderFault } from "../components/holder-fault.tsx";
import { Screen } from "../components/screen.tsx";
import { useHolder } from "../queries/holder.ts";
import { isSealed, ownAttributes } from "../rules/attributes.ts";
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
  const run = useMutation({
    mutationFn: async () => {
      if (holder !== undefined) {
        const enclave = await access.open();
        // The window opens in the click; what goes into the file comes after it, part by part.
        const file = enclave.export({ holder, ...NOTHING, more: true });
        const { items } = await Promise.race([
          file,
          sent(person, enclave, file, setProgress).then(() => file),
        ]);
        setSaid(TEXTS.export.done(items));
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
        <HolderFault />
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

/** A part with nothing in it. */
const NOTHING: ExportPart = { credentials: [], attributes: [], record: null };

/**
 * Fetches everything, with proof, and has the enclave put it into the file: a credential at a time, so that this page
 * never holds all of them. Stops when the file is not made after all.
 */
async function sent(
  person: Person,
  enclave: Pick<EnclaveApi, "exportPart">,
  file: Promise<unknown>,
  report: (progress: string) => void,
): Promise<void> {
  let isOver = false;
  file.catch(() => {
    isOver = true;
  });
  try {
    const { value: all } = await person.credentials({ copies: true });
    const originals = all.filter((it) => !it.isCopy);
    for (const [at, { id }] of originals.entries()) {
      report(TEXTS.export.collecting(at + 1, originals.length));
      const { value: whole } = await person.credential(id);
      if (isOver) {
        return;
      }
      if (whole !== undefined) {
        await enclave.exportPart({ ...NOTHING, credentials: [whole], isLast: false });
      }
    }
    const rest = await besideCredentials(person);
    if (!isOver) {
      await enclave.exportPart({ ...rest, isLast: true });
    }
  } catch (error) {
    if (!isOver) {
      // The enclave's window would wait for ever.
      await enclave.exportPart(null).catch(() => undefined);
    }
    throw error;
  }
}

async function besideCredentials(person: Person): Promise<ExportPart> {
  const [profile, wallets, grants, attributes] = [
    (await person.profile()).value,
    (await person.wallets()).value,
    (await person.grantsOwned()).value,
    ownAttributes((await person.attributes()).value),
  ];
  return {
    credentials: [],
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
