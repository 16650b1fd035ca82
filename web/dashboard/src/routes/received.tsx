import { useMutation } from "@tanstack/react-query";
import { type AccessGrant, UsageError } from "idos-client";
import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { Badge } from "../components/badge.tsx";
import { ConfirmWrite } from "../components/confirm-write.tsx";
import { Done } from "../components/done.tsx";
import { Empty } from "../components/empty.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { useFocusKept } from "../components/focus.ts";
import { HolderFault } from "../components/holder-fault.tsx";
import { useSeen } from "../components/in-view.ts";
import { Loading } from "../components/loading.tsx";
import { Paging } from "../components/paging.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { Screen } from "../components/screen.tsx";
import { useHolder } from "../queries/holder.ts";
import { RECEIVED_ROWS, useReceived, useReceivedContent, useReceivedNotes } from "../queries/person-query.ts";
import { credentialFacts } from "../rules/credential-facts.ts";
import { seconds, shownTime } from "../rules/dates.ts";
import { isLocked } from "../rules/locks.ts";
import { credentialName } from "../rules/names.ts";
import { shortAddress } from "../rules/wallets.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";

/** What others let this wallet read. */
export function Received() {
  const [page, setPage] = useState(1);
  const received = useReceived(page);
  const [said, setSaid] = useState<string | undefined>(undefined);
  const shown = received.data?.value;
  // Only the page itself tells whether there is one after it, if nobody proves how many there are.
  const isUntold = received.isPlaceholderData && shown?.total === undefined;
  const isLast =
    shown === undefined ||
    (shown.total === undefined
      ? !isUntold && shown.grants.length < RECEIVED_ROWS
      : page * RECEIVED_ROWS >= shown.total);
  return (
    <Screen title={TEXTS.received.title} lead={TEXTS.received.lead}>
      <Done text={said} />
      <Answered query={received}>
        {({ grants, total, isComplete }) =>
          // What has ended is not shown: behind it, and in what nobody proves, there may be more.
          grants.length === 0 && page === 1 && isLast && (isComplete || total === undefined) ? (
            <Empty title={TEXTS.received.empty} lead={TEXTS.received.emptyLead} />
          ) : (
            <>
              <HolderFault />
              <ul className="list">
                {grants.map((grant) => (
                  <ReceivedItem key={grant.id} grant={grant} onDone={setSaid} />
                ))}
              </ul>
              {isComplete || total === undefined ? null : (
                <p className="notice">{TEXTS.received.notComplete(total)}</p>
              )}
            </>
          )
        }
      </Answered>
      {received.isPlaceholderData ? <Loading /> : null}
      {/* Also below a page that does not come: the one before it is there. */}
      {page === 1 && isLast ? null : (
        <Paging page={page} isLast={isLast} isUntold={isUntold} onPage={setPage} />
      )}
      <ProofLine of={[received.data]} />
    </Screen>
  );
}

function ReceivedItem({
  grant,
  onDone,
}: {
  readonly grant: AccessGrant;
  readonly onDone: (said: string) => void;
}) {
  const access = useEnclave();
  const contentOf = useReceivedContent();
  const holder = useHolder();
  const [isAsking, setAsking] = useState(false);
  const item = useFocusKept<HTMLLIElement>();
  const notes = useReceivedNotes(grant.dataId, useSeen(item));
  const name =
    notes.data !== undefined
      ? credentialName(credentialFacts(notes.data))
      : notes.isError
        ? TEXTS.received.notLoaded
        : TEXTS.shared.notKnownYet;
  const sender = shortAddress(grant.ownerUserId);
  const about = TEXTS.received.about(name, sender);
  const show = useMutation({
    mutationFn: async () => {
      const shared = await contentOf(grant.dataId);
      if (shared === undefined || holder === undefined) {
        throw new UsageError("Argument", TEXTS.credential.missing);
      }
      if (notes.isError) {
        // What it is taken from is here by now.
        void notes.refetch();
      }
      access.setTitle(name);
      const enclave = await access.open();
      await enclave.show({ holder, credential: shared });
    },
  });
  const held = isLocked(grant, seconds(new Date()));
  return (
    <li ref={item} className="card item">
      <div className="item-text">
        <h3>{name}</h3>
        <p className="muted small">
          {TEXTS.received.from} <span className="mono">{sender}</span>
        </p>
        {held ? <Badge tone="warn" text={TEXTS.shared.locked(shownTime(grant.lockedUntil))} /> : null}
      </div>
      <div className="row">
        <EnclaveAction action={show} given={undefined} disabled={holder === undefined} about={about}>
          {TEXTS.received.show}
        </EnclaveAction>
        <button
          type="button"
          className="button"
          data-kind="danger"
          aria-label={`${TEXTS.received.giveUp}: ${about}`}
          onClick={() => setAsking(true)}
        >
          {TEXTS.received.giveUp}
        </button>
      </div>
      {isAsking ? (
        <ConfirmWrite
          title={TEXTS.received.giveUpTitle(name, sender)}
          action={TEXTS.received.giveUp}
          write={async (it) => {
            await it.rescind(grant.dataId);
            setAsking(false);
            onDone(TEXTS.received.gaveUp);
          }}
          onClose={() => setAsking(false)}
        >
          <p>{TEXTS.received.giveUpLead}</p>
        </ConfirmWrite>
      ) : null}
    </li>
  );
}
