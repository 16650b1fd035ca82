import type { AccessGrant, Credential, Party } from "idos-client";
import { useMemo, useState } from "react";
import { useHolder } from "../queries/holder.ts";
import { useContent } from "../queries/person-query.ts";
import { type ShareOrder, shareCredential } from "../queries/share.ts";
import { useWrite } from "../queries/write.ts";
import { factsOf } from "../rules/credential-facts.ts";
import { seconds, shownDay, shownTime } from "../rules/dates.ts";
import { afterwards } from "../rules/error-text.ts";
import { expiryOf } from "../rules/expiry.ts";
import { isLocked } from "../rules/locks.ts";
import { credentialName, granteeName, partyOf } from "../rules/names.ts";
import { type Renewal, readers, renewals, renewalTerms, successorOf } from "../rules/renewal.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";
import { EnclaveAction } from "./enclave-action.tsx";
import { ErrorNotice } from "./error-notice.tsx";
import { HolderFault } from "./holder-fault.tsx";

/** What ends soon or has ended, and who has an older version of what was renewed. */
export function Reminders({
  credentials,
  grants,
  parties,
}: {
  readonly credentials: readonly Credential[];
  readonly grants: readonly AccessGrant[];
  readonly parties: readonly Party[];
}) {
  const originals = credentials.filter((it) => !it.isCopy);
  const ending = originals.flatMap((credential) => {
    const facts = factsOf(credential);
    const expiry = expiryOf(facts.expires, new Date());
    const isDue = expiry.kind === "soon" || expiry.kind === "over";
    return isDue && successorOf(credential, credentials) === undefined
      ? [{ id: credential.id, name: credentialName(facts), expiry }]
      : [];
  });
  const [offered, isRead] = useMemo(
    () => [renewals(credentials, grants), readers(credentials, grants)] as const,
    [credentials, grants],
  );
  // What was begun stays, though its offer goes with the sharing: how it ended is said there.
  const [begun, setBegun] = useState<readonly Renewal[]>([]);
  const isOffered = ({ grant }: Renewal) => offered.some((it) => it.grant.id === grant.id);
  const offers = [...offered, ...begun.filter((it) => !isOffered(it))];
  const begin = (offer: Renewal) =>
    setBegun((all) => [...all.filter((it) => it.grant.id !== offer.grant.id), offer]);
  if (ending.length === 0 && offers.length === 0) {
    return null;
  }
  return (
    <section className="section" aria-labelledby="reminders">
      <h2 id="reminders">{TEXTS.reminders.title}</h2>
      {offers.length === 0 ? null : <HolderFault />}
      <ul className="list">
        {ending.map(({ id, name, expiry }) => (
          <li key={id} className="notice" data-tone={expiry.kind === "over" ? "bad" : "warn"}>
            {expiry.kind === "over"
              ? TEXTS.reminders.over(name, shownDay(expiry.on))
              : TEXTS.reminders.soon(name, expiry.days)}{" "}
            {TEXTS.reminders.ask}
          </li>
        ))}
        {offers.map((offer) => (
          <li key={offer.grant.id} className="notice" data-tone="good">
            <Offer
              offer={offer}
              isRenewed={isRead(offer.grant.grantee, offer.next)}
              parties={parties}
              onBegin={() => begin(offer)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Offer({
  offer,
  isRenewed,
  parties,
  onBegin,
}: {
  readonly offer: Renewal;
  /** Whether the grantee has the new version: that the old grant is gone does not say so. */
  readonly isRenewed: boolean;
  readonly parties: readonly Party[];
  readonly onBegin: () => void;
}) {
  const access = useEnclave();
  const holder = useHolder();
  const contentOf = useContent();
  const { grant, next } = offer;
  const now = seconds(new Date());
  const held = isLocked(grant, now);
  const party = partyOf(grant.grantee, parties);
  const end = useWrite(async (person) => {
    if (!isLocked(grant, seconds(new Date()))) {
      await afterwards(true, () => person.revoke(grant.id));
    }
  });
  const renew = useWrite(async (person, order: ShareOrder) => {
    onBegin();
    const copy = await shareCredential(access, person, order, contentOf);
    // Whether the old grant ends is said by itself: the new version is shared by now.
    await end.mutateAsync().catch(() => undefined);
    return copy;
  });
  const name = credentialName(factsOf(next));
  const grantee = granteeName(grant.grantee, parties);
  const heldNote = held ? TEXTS.reminders.locked(shownTime(grant.lockedUntil)) : "";
  const isShared = renew.data !== undefined || isRenewed;
  const isEnding = end.isPending || renew.isPending;
  return (
    <div className="stack">
      {isShared && !renew.isPending ? (
        <>
          <p role="status">
            {TEXTS.reminders.renewed(name, grantee)} {heldNote}
          </p>
          {renew.data?.isEndSet === false ? (
            <p className="notice small" data-tone="warn">
              {TEXTS.share.endFailed}
            </p>
          ) : null}
          {renew.isError ? <ErrorNotice error={renew.error} /> : null}
        </>
      ) : (
        <>
          <p>
            {TEXTS.reminders.renewal(name, grantee)} {heldNote}
          </p>
          {holder === undefined || party === undefined ? null : (
            <EnclaveAction
              action={renew}
              given={{ credentialId: next.id, party, holder, ...renewalTerms(grant, now) }}
            >
              {held ? TEXTS.reminders.share : TEXTS.reminders.shareAndEnd}
            </EnclaveAction>
          )}
        </>
      )}
      {isShared && !isEnding && !end.isSuccess ? (
        <>
          <p className="notice small" data-tone="warn">
            {TEXTS.reminders.notEnded(grantee)}
          </p>
          {end.isError ? <ErrorNotice error={end.error} /> : null}
          <div>
            <button type="button" className="button" onClick={() => end.mutate()}>
              {TEXTS.reminders.end}
            </button>
          </div>
        </>
      ) : null}
    </div>
  );
}
