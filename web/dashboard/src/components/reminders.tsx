import type { AccessGrant, Credential, Party } from "idos-client";
import { useHolder } from "../queries/holder.ts";
import { type ShareOrder, shareCredential } from "../queries/share.ts";
import { useWrite } from "../queries/write.ts";
import { credentialFacts } from "../rules/credential-facts.ts";
import { seconds, shownDay, shownTime } from "../rules/dates.ts";
import { expiryOf } from "../rules/expiry.ts";
import { isLocked } from "../rules/locks.ts";
import { credentialName, granteeName, partyOf } from "../rules/names.ts";
import { type Renewal, renewals, renewalTerms, successorOf } from "../rules/renewal.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";
import { EnclaveAction } from "./enclave-action.tsx";

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
  const originals = credentials.filter((it) => it.originalId === null);
  const ending = originals.flatMap((credential) => {
    const facts = credentialFacts(credential.publicNotes);
    const expiry = expiryOf(facts.expires, new Date());
    const isDue = expiry.kind === "soon" || expiry.kind === "over";
    return isDue && successorOf(credential, originals) === undefined
      ? [{ id: credential.id, name: credentialName(facts), expiry }]
      : [];
  });
  const offers = renewals(credentials, grants);
  if (ending.length === 0 && offers.length === 0) {
    return null;
  }
  return (
    <section className="section" aria-labelledby="reminders">
      <h2 id="reminders">{TEXTS.reminders.title}</h2>
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
            <Offer offer={offer} parties={parties} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Offer({ offer, parties }: { readonly offer: Renewal; readonly parties: readonly Party[] }) {
  const access = useEnclave();
  const holder = useHolder();
  const { grant, next } = offer;
  const now = seconds(new Date());
  const held = isLocked(grant, now);
  const party = partyOf(grant.grantee, parties);
  const renew = useWrite(async (person, order: ShareOrder) => {
    await shareCredential(access, person, order);
    if (!isLocked(grant, seconds(new Date()))) {
      await person.revoke(grant.id);
    }
  });
  const name = credentialName(credentialFacts(next.publicNotes));
  return (
    <div className="stack">
      <p>
        {TEXTS.reminders.renewal(name, granteeName(grant.grantee, parties))}{" "}
        {held ? TEXTS.reminders.locked(shownTime(grant.lockedUntil)) : ""}
      </p>
      {holder === undefined || party === undefined ? null : (
        <EnclaveAction
          action={renew}
          given={{ credentialId: next.id, party, holder, ...renewalTerms(grant, now) }}
        >
          {held ? TEXTS.reminders.share : TEXTS.reminders.shareAndEnd}
        </EnclaveAction>
      )}
    </div>
  );
}
