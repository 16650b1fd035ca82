import { Link } from "@tanstack/react-router";
import type { AccessGrant, Attribute, Credential, Wallet } from "idos-client";
import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Field } from "../components/field.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { Screen } from "../components/screen.tsx";
import { useHolder } from "../queries/holder.ts";
import {
  useAttributes,
  useCredentials,
  useGrantsOwned,
  useParties,
  useWallets,
} from "../queries/person-query.ts";
import { useWrite } from "../queries/write.ts";
import { ownAttributes } from "../rules/attributes.ts";
import { seconds, shownTime } from "../rules/dates.ts";
import { heldBy } from "../rules/locks.ts";
import { granteeName, whatIsShared } from "../rules/names.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { forgetOwnKey } from "../session/own-key.ts";
import { keepUnlinkedWords } from "../session/recovery-wallet.ts";
import { type Erased, useSession } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";

/** Everything goes, and what a lock still holds is named before. */
export function Erase() {
  const credentials = useCredentials();
  const attributes = useAttributes();
  const wallets = useWallets();
  const grants = useGrantsOwned();
  return (
    <Screen title={TEXTS.erase.title} lead={TEXTS.erase.lead}>
      <Answered query={credentials}>
        {(allCredentials) => (
          <Answered query={attributes}>
            {(allAttributes) => (
              <Answered query={wallets}>
                {(allWallets) => (
                  <Answered query={grants}>
                    {(allGrants) => (
                      <Everything
                        credentials={allCredentials}
                        attributes={allAttributes}
                        wallets={allWallets}
                        grants={allGrants}
                      />
                    )}
                  </Answered>
                )}
              </Answered>
            )}
          </Answered>
        )}
      </Answered>
      <ProofLine of={[credentials.data, attributes.data, wallets.data, grants.data]} />
    </Screen>
  );
}

function Everything({
  credentials,
  attributes,
  wallets,
  grants,
}: {
  readonly credentials: readonly Credential[];
  readonly attributes: readonly Attribute[];
  readonly wallets: readonly Wallet[];
  readonly grants: readonly AccessGrant[];
}) {
  const parties = useParties().data?.value ?? [];
  const held = heldBy(grants, seconds(new Date())).map(({ grant, until }) => ({
    id: grant.id,
    said: TEXTS.erase.staysItem(
      whatIsShared(grant, credentials),
      granteeName(grant.grantee, parties),
      shownTime(until),
    ),
  }));
  const originals = credentials.filter((it) => !it.isCopy).length;
  const goes = TEXTS.erase.goesItems(
    originals,
    ownAttributes(attributes).length,
    wallets.length,
    grants.length - held.length,
  );
  return (
    <>
      <section className="card section" aria-labelledby="goes">
        <h2 id="goes">{TEXTS.erase.goes}</h2>
        <ul className="bullets">
          {goes.map((it) => (
            <li key={it}>{it}</li>
          ))}
        </ul>
        <p className="muted small">{TEXTS.erase.chain}</p>
      </section>
      <section className="card section" aria-labelledby="stays">
        <h2 id="stays">{TEXTS.erase.stays}</h2>
        {held.length === 0 ? (
          <p className="muted">{TEXTS.erase.staysNone}</p>
        ) : (
          <>
            <ul className="bullets">
              {held.map(({ id, said }) => (
                <li key={id}>{said}</li>
              ))}
            </ul>
            <p className="muted small">{TEXTS.erase.staysLead}</p>
          </>
        )}
        <p className="muted small">{TEXTS.erase.remember}</p>
      </section>
      <Final held={held.map(({ said }) => said)} />
    </>
  );
}

function Final({ held }: Erased) {
  const access = useEnclave();
  const { disconnect } = useSession();
  const holder = useHolder();
  const [typed, setTyped] = useState("");
  const erase = useWrite(async (person) => {
    await person.eraseProfile();
    if (holder !== undefined) {
      keepUnlinkedWords(holder.userId, []);
      forgetOwnKey(holder.userId);
    }
    // The keys open nothing any more; the enclave may as well forget them.
    await access
      .open()
      .then((enclave) => enclave.lock(null))
      .catch(() => undefined);
    // Whoever comes in next begins at the beginning.
    history.replaceState(null, "", "/");
    await disconnect({ held });
  });
  const isSure = typed.trim().toLowerCase() === TEXTS.erase.word;
  return (
    <section className="section" aria-label={TEXTS.erase.title}>
      <div>
        <Link to="/export" className="button">
          {TEXTS.erase.exportFirst}
        </Link>
      </div>
      <Field label={TEXTS.erase.type(TEXTS.erase.word)}>
        {(control) => (
          <input
            {...control}
            className="input"
            autoComplete="off"
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
        )}
      </Field>
      {erase.isError ? <ErrorNotice error={erase.error} /> : null}
      <div>
        <button
          type="button"
          className="button"
          data-kind="danger-final"
          disabled={!isSure || erase.isPending}
          onClick={() => erase.mutate()}
        >
          {erase.isPending ? <span className="spinner" aria-hidden="true" /> : null}
          {TEXTS.erase.final}
        </button>
      </div>
    </section>
  );
}
