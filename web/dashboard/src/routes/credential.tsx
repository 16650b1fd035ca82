import { type UseQueryResult, useMutation } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { type AccessGrant, type Answer, type Credential, UsageError } from "idos-client";
import { type RefObject, useState } from "react";
import { Answered } from "../components/answered.tsx";
import { Badge } from "../components/badge.tsx";
import { Confirm } from "../components/confirm.tsx";
import { Done } from "../components/done.tsx";
import { Empty } from "../components/empty.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { GrantItem } from "../components/grant-item.tsx";
import { useIsHere } from "../components/here.ts";
import { HolderFault } from "../components/holder-fault.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { Screen } from "../components/screen.tsx";
import { ShareDialog } from "../components/share-dialog.tsx";
import { useHolder } from "../queries/holder.ts";
import {
  useContent,
  useCredentials,
  useDropCredential,
  useGrantsOwned,
  useParties,
} from "../queries/person-query.ts";
import { useWrite } from "../queries/write.ts";
import { type CredentialFacts, factsOf } from "../rules/credential-facts.ts";
import { seconds, shownDay, shownTime } from "../rules/dates.ts";
import { expiryOf } from "../rules/expiry.ts";
import { grantsOn, heldBy } from "../rules/locks.ts";
import { credentialName, granteeName, humanised, nameAmong, statusName } from "../rules/names.ts";
import { statusOf } from "../rules/status.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { usePerson } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";

/** One credential: what is public of it, what is inside, who may read it. */
export function CredentialScreen() {
  const { id } = useParams({ from: "/credentials/$id" });
  return <OfId key={id} id={id} />;
}

function OfId({ id }: { readonly id: string }) {
  // Who waits for a deletion waits here, also while the list has the credential no more and its details are gone.
  const isHere = useIsHere();
  const credentials = useCredentials();
  const grants = useGrantsOwned();
  return (
    <Answered query={credentials}>
      {(all) => {
        const credential = all.find((it) => it.id === id && !it.isCopy);
        return credential === undefined ? (
          <Screen title={TEXTS.credential.missing}>
            <Empty title={TEXTS.credential.missing} lead={TEXTS.credential.missingLead}>
              <Link to="/" className="button">
                {TEXTS.nav.data}
              </Link>
            </Empty>
          </Screen>
        ) : (
          <>
            <Details
              credential={credential}
              all={all}
              grants={grants}
              isSaid={credentials.isError}
              isHere={isHere}
            />
            <ProofLine of={[credentials.data, grants.data]} />
          </>
        );
      }}
    </Answered>
  );
}

function Details({
  credential,
  all,
  grants,
  isSaid,
  isHere,
}: {
  readonly credential: Credential;
  readonly all: readonly Credential[];
  readonly grants: UseQueryResult<Answer<readonly AccessGrant[]>>;
  /** Whether it is said already why nothing comes. */
  readonly isSaid: boolean;
  readonly isHere: Readonly<RefObject<boolean>>;
}) {
  const { type, address } = usePerson().wallet;
  const parties = useParties().data?.value;
  const owned = grants.data?.value;
  const [dialog, setDialog] = useState<"share" | "delete" | undefined>(undefined);
  const [said, setSaid] = useState<string | undefined>(undefined);
  const navigate = useNavigate();
  const drop = useDropCredential();
  const deleted = async () => {
    if (isHere.current) {
      await navigate({ to: "/", state: { deletedBy: { type, address } } });
    }
    drop(credential.id);
  };
  const facts = factsOf(credential);
  const name = credentialName(facts);
  return (
    <Screen
      title={name}
      isWithinData
      lead={`${TEXTS.data.issuedBy} ${facts.issuer ?? TEXTS.data.unknownIssuer}`}
      actions={
        <>
          <button type="button" className="button" data-kind="primary" onClick={() => setDialog("share")}>
            {TEXTS.credential.share}
          </button>
          <button
            type="button"
            className="button"
            data-kind="danger"
            disabled={owned === undefined}
            onClick={() => setDialog("delete")}
          >
            {TEXTS.credential.delete}
          </button>
        </>
      }
    >
      <Done text={said} />
      <Inside credential={credential} name={name} />
      <Facts credential={credential} facts={facts} />
      <section className="section" aria-labelledby="grants">
        <h2 id="grants">{TEXTS.credential.grants}</h2>
        <Answered query={grants} isSaid={isSaid}>
          {(given) => {
            const own = grantsOn(credential.id, all, given);
            return own.length === 0 ? (
              <p className="muted">{TEXTS.credential.noGrants}</p>
            ) : (
              <ul className="list">
                {own.map((grant) => (
                  <GrantItem key={grant.id} grant={grant} what={name} parties={parties} onDone={setSaid} />
                ))}
              </ul>
            );
          }}
        </Answered>
      </section>
      {dialog === "share" ? (
        <ShareDialog
          credential={credential}
          onDone={(text) => {
            setSaid(text);
            setDialog((now) => (now === "share" ? undefined : now));
          }}
          onClose={() => setDialog(undefined)}
        />
      ) : null}
      {dialog === "delete" && owned !== undefined ? (
        <Delete
          credential={credential}
          name={nameAmong(credential, all)}
          grants={grantsOn(credential.id, all, owned)}
          onDone={deleted}
          onClose={() => setDialog(undefined)}
        />
      ) : null}
    </Screen>
  );
}

function Inside({ credential, name }: { readonly credential: Credential; readonly name: string }) {
  const access = useEnclave();
  const contentOf = useContent();
  const holder = useHolder();
  const show = useMutation({
    mutationFn: async () => {
      const whole = await contentOf(credential.id);
      if (whole === undefined || holder === undefined) {
        throw new UsageError("Argument", TEXTS.credential.missing);
      }
      access.setTitle(name);
      const enclave = await access.open();
      await enclave.show({ holder, credential: whole });
    },
  });
  return (
    <section className="card section" aria-labelledby="inside">
      <h2 id="inside">{TEXTS.credential.inside}</h2>
      <p className="muted">{TEXTS.credential.insideLead}</p>
      <HolderFault />
      <EnclaveAction action={show} given={undefined} disabled={holder === undefined}>
        {TEXTS.credential.show}
      </EnclaveAction>
    </section>
  );
}

function Facts({ credential, facts }: { readonly credential: Credential; readonly facts: CredentialFacts }) {
  const expiry = expiryOf(facts.expires, new Date());
  const status = statusOf(facts.status, expiry);
  const rows: readonly (readonly [string, string | undefined])[] = [
    [TEXTS.data.level, facts.level === undefined ? undefined : humanised(facts.level)],
    [TEXTS.data.expires, facts.expires === undefined ? TEXTS.data.never : shownDay(facts.expires)],
    ...facts.others.map(([name, value]) => [humanised(name), value] as const),
    [TEXTS.credential.id, facts.id],
    [TEXTS.credential.issuerKey, credential.issuerAuthPublicKey],
  ];
  return (
    <section className="section" aria-labelledby="facts">
      <div className="row">
        <h2 id="facts">{TEXTS.credential.facts}</h2>
        {status.text === undefined ? null : <Badge tone={status.tone} text={statusName(status.text)} />}
      </div>
      <p className="muted small">{TEXTS.credential.factsLead}</p>
      <dl className="facts">
        {rows.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name} className="fact">
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
    </section>
  );
}

function Delete({
  credential,
  name,
  grants,
  onDone,
  onClose,
}: {
  readonly credential: Credential;
  readonly name: string;
  readonly grants: readonly AccessGrant[];
  /** It is deleted, while this is open or after that. */
  readonly onDone: () => Promise<void>;
  readonly onClose: () => void;
}) {
  const parties = useParties().data?.value ?? [];
  const held = heldBy(grants, seconds(new Date()));
  const remove = useWrite(async (person) => {
    await person.removeCredential(credential.id);
    await onDone();
  });
  return (
    <Confirm
      title={TEXTS.credential.deleteTitle(name)}
      action={TEXTS.credential.deleteFinal}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>{TEXTS.credential.deleteLead}</p>
      {grants.length > held.length ? <p>{TEXTS.credential.deleteFree}</p> : null}
      {held.map(({ grant, until }) => (
        <p key={grant.id} className="notice" data-tone="warn">
          {TEXTS.credential.deleteHeld(granteeName(grant.grantee, parties), shownTime(until))}
        </p>
      ))}
    </Confirm>
  );
}
