import type { Credential } from "idos-client";
import { useState } from "react";
import { useHolder } from "../queries/holder.ts";
import { useContent, useCredentials, useGrantsOwned, useParties } from "../queries/person-query.ts";
import { type ShareOrder, shareCredential } from "../queries/share.ts";
import { useWrite } from "../queries/write.ts";
import { factsOf } from "../rules/credential-facts.ts";
import { seconds, shownTime } from "../rules/dates.ts";
import { daysFrom, END_DAYS, grantsOn, isEndAllowed, isLocked, LOCK_DAYS } from "../rules/locks.ts";
import { credentialName, partyName } from "../rules/names.ts";
import { isSame } from "../rules/renewal.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { TEXTS } from "../texts.ts";
import { Answered } from "./answered.tsx";
import { Dialog } from "./dialog.tsx";
import { EnclaveAction } from "./enclave-action.tsx";
import { Field } from "./field.tsx";
import { HolderFault } from "./holder-fault.tsx";

/** With whom, locked until when, and until when at all. What is in the credential is reviewed in the enclave. */
export function ShareDialog({
  credential,
  onDone,
  onClose,
}: {
  readonly credential: Credential;
  readonly onDone: (said: string) => void;
  readonly onClose: () => void;
}) {
  const access = useEnclave();
  const holder = useHolder();
  const parties = useParties();
  const contentOf = useContent();
  const credentials = useCredentials().data?.value ?? [];
  const grants = grantsOn(credential.id, credentials, useGrantsOwned().data?.value ?? []);
  const [partyId, setPartyId] = useState("");
  const [lockDays, setLockDays] = useState(0);
  const [endDays, setEndDays] = useState(0);
  const share = useWrite(async (person, order: ShareOrder) => {
    const { isEndSet } = await shareCredential(access, person, order, contentOf);
    const name = partyName(order.party, parties.data?.value ?? []);
    onDone(isEndSet ? TEXTS.share.done(name) : TEXTS.share.endFailed);
  });
  const now = seconds(new Date());
  const [lockedUntil, expiresAt] = [daysFrom(now, lockDays), daysFrom(now, endDays)];
  const isAllowed = isEndAllowed(lockedUntil, expiresAt);
  return (
    <Dialog title={TEXTS.share.title(credentialName(factsOf(credential)))} onClose={onClose}>
      <p className="muted">{TEXTS.share.lead}</p>
      <HolderFault />
      <Answered query={parties}>
        {(all) => {
          const recipients = all.filter((it) => it.roles.includes("consumer") && it.keys !== undefined);
          const party = recipients.find((it) => it.id === partyId);
          const earlier = grants.find((it) => party !== undefined && isSame(it.grantee, party.address));
          return (
            <>
              <Field
                label={TEXTS.share.recipient}
                hint={recipients.length === 0 ? TEXTS.share.noRecipients : TEXTS.share.recipientHint}
              >
                {(control) => (
                  <select
                    {...control}
                    className="input"
                    value={partyId}
                    onChange={({ target }) => setPartyId(target.value)}
                  >
                    <option value="">{TEXTS.share.choose}</option>
                    {recipients.map((it) => (
                      <option key={it.id} value={it.id}>
                        {partyName(it, all)}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
              {party === undefined || earlier === undefined ? null : (
                <p className="notice small" data-tone="warn">
                  {TEXTS.share.already(
                    partyName(party, all),
                    isLocked(earlier, now) ? shownTime(earlier.lockedUntil) : undefined,
                  )}
                </p>
              )}
              <Field label={TEXTS.share.lock} hint={TEXTS.share.lockHint}>
                {(control) => (
                  <Days
                    {...control}
                    days={LOCK_DAYS}
                    none={TEXTS.share.lockNone}
                    value={lockDays}
                    onChange={setLockDays}
                  />
                )}
              </Field>
              {lockDays === 0 ? null : (
                <p className="notice small" data-tone="warn">
                  {TEXTS.share.lockWarning(shownTime(lockedUntil))}
                </p>
              )}
              <Field label={TEXTS.share.end} fault={isAllowed ? undefined : TEXTS.share.endFault}>
                {(control) => (
                  <Days
                    {...control}
                    days={END_DAYS}
                    none={TEXTS.share.endNone}
                    value={endDays}
                    onChange={setEndDays}
                  />
                )}
              </Field>
              {holder === undefined || party === undefined ? (
                <div>
                  <button type="button" className="button" disabled>
                    {TEXTS.share.submit}
                  </button>
                </div>
              ) : (
                <EnclaveAction
                  action={share}
                  given={{ credentialId: credential.id, party, holder, lockedUntil, expiresAt }}
                  kind="primary"
                  disabled={!isAllowed}
                >
                  {TEXTS.share.submit}
                </EnclaveAction>
              )}
            </>
          );
        }}
      </Answered>
    </Dialog>
  );
}

function Days({
  days,
  none,
  value,
  onChange,
  ...control
}: {
  readonly id: string;
  readonly "aria-invalid": boolean;
  readonly "aria-describedby": string | undefined;
  readonly days: readonly number[];
  readonly none: string;
  readonly value: number;
  readonly onChange: (days: number) => void;
}) {
  return (
    <select
      {...control}
      className="input"
      value={value}
      onChange={({ target }) => onChange(Number(target.value))}
    >
      {days.map((it) => (
        <option key={it} value={it}>
          {it === 0 ? none : TEXTS.share.lockDays(it)}
        </option>
      ))}
    </select>
  );
}
