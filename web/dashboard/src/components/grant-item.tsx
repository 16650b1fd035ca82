import type { AccessGrant, Party } from "idos-client";
import { useState } from "react";
import { useWrite } from "../queries/write.ts";
import { seconds, shownTime } from "../rules/dates.ts";
import { daysFrom, END_DAYS, isEndAllowed, isLocked } from "../rules/locks.ts";
import { granteeName, partyOf } from "../rules/names.ts";
import { TEXTS } from "../texts.ts";
import { Badge } from "./badge.tsx";
import { ConfirmWrite } from "./confirm-write.tsx";
import { Dialog } from "./dialog.tsx";
import { ErrorNotice } from "./error-notice.tsx";
import { Field } from "./field.tsx";
import { useFocusKept } from "./focus.ts";

/** One grant that the person gave: to whom, of what, until when; and how to end it. */
export function GrantItem({
  grant,
  what,
  parties,
  onDone,
}: {
  readonly grant: AccessGrant;
  readonly what: string;
  /** Undefined while it is not known who is a party. */
  readonly parties: readonly Party[] | undefined;
  readonly onDone: (said: string) => void;
}) {
  const [dialog, setDialog] = useState<"revoke" | "end" | undefined>(undefined);
  const item = useFocusKept<HTMLLIElement>();
  // What was closed meanwhile closes no other.
  const close = (which: "revoke" | "end") => setDialog((now) => (now === which ? undefined : now));
  const now = seconds(new Date());
  const held = isLocked(grant, now);
  const name = granteeName(grant.grantee, parties ?? []);
  const isListed = partyOf(grant.grantee, parties ?? []) !== undefined;
  return (
    <li ref={item} className="card item">
      <div className="item-text">
        <h3>{name}</h3>
        <p className="muted">{what}</p>
        {isListed ? null : <p className="mono small">{grant.grantee}</p>}
        <p className="row small">
          {held ? (
            <Badge tone="warn" text={TEXTS.shared.locked(shownTime(grant.lockedUntil))} />
          ) : (
            <Badge tone="good" text={TEXTS.shared.active} />
          )}
          {/* Without proof it is not known whether it ends. */}
          {grant.expiresAt === undefined ? null : (
            <Badge
              tone="neutral"
              text={grant.expiresAt === 0 ? TEXTS.data.never : TEXTS.shared.ends(shownTime(grant.expiresAt))}
            />
          )}
          {grant.height === undefined ? null : (
            <span className="muted">{TEXTS.shared.since(grant.height.toLocaleString("en-GB"))}</span>
          )}
          {isListed || parties === undefined ? null : <span className="muted">{TEXTS.shared.unlisted}</span>}
        </p>
        {grant.inserterType === "user" ? null : (
          <p className="muted small">
            {grant.inserterType === "delegated_write_grant"
              ? TEXTS.shared.byIssuer
              : TEXTS.shared.byDelegation}
          </p>
        )}
      </div>
      <div className="row">
        <button
          type="button"
          className="button"
          aria-label={`${TEXTS.shared.setEnd}: ${what}, ${name}`}
          onClick={() => setDialog("end")}
        >
          {TEXTS.shared.setEnd}
        </button>
        {held ? (
          <span className="muted small">{TEXTS.shared.lockedHint}</span>
        ) : (
          <button
            type="button"
            className="button"
            data-kind="danger"
            aria-label={`${TEXTS.shared.revoke}: ${what}, ${name}`}
            onClick={() => setDialog("revoke")}
          >
            {TEXTS.shared.revoke}
          </button>
        )}
      </div>
      {dialog === "revoke" ? (
        <ConfirmWrite
          title={TEXTS.shared.revokeTitle(what, name)}
          action={TEXTS.shared.revoke}
          write={async (person) => {
            await person.revoke(grant.id);
            close("revoke");
            onDone(TEXTS.shared.revoked);
          }}
          onClose={() => setDialog(undefined)}
        >
          <p>{TEXTS.shared.revokeLead}</p>
        </ConfirmWrite>
      ) : null}
      {dialog === "end" ? (
        <SetEnd
          title={TEXTS.shared.setEndTitle(what, name)}
          grant={grant}
          now={now}
          onDone={(expiresAt) => {
            close("end");
            onDone(expiresAt === 0 ? TEXTS.shared.noEnd : TEXTS.shared.setEndDone(shownTime(expiresAt)));
          }}
          onClose={() => setDialog(undefined)}
        />
      ) : null}
    </li>
  );
}

function SetEnd({
  title,
  grant,
  now,
  onDone,
  onClose,
}: {
  readonly title: string;
  readonly grant: AccessGrant;
  readonly now: number;
  readonly onDone: (expiresAt: number) => void;
  readonly onClose: () => void;
}) {
  // Nothing is chosen at first: to leave the dialog as it is must not take away an end that is set.
  const [days, setDays] = useState<number | undefined>(undefined);
  const expiresAt = days === undefined ? undefined : daysFrom(now, days);
  const isAllowed = expiresAt === undefined || isEndAllowed(grant.lockedUntil, expiresAt);
  const set = useWrite(async (person, at: number) => {
    await person.setGrantExpiry(grant.id, at);
    onDone(at);
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{TEXTS.shared.setEndLead}</p>
      <Field label={TEXTS.share.end} fault={isAllowed ? undefined : TEXTS.share.endFault}>
        {(control) => (
          <select
            {...control}
            className="input"
            value={days ?? ""}
            onChange={({ target }) => setDays(target.value === "" ? undefined : Number(target.value))}
          >
            <option value="">{TEXTS.shared.chooseEnd}</option>
            {END_DAYS.map((it) => (
              <option key={it} value={it}>
                {it === 0 ? TEXTS.share.endNone : TEXTS.share.lockDays(it)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {set.isError ? <ErrorNotice error={set.error} /> : null}
      <div>
        <button
          type="button"
          className="button"
          data-kind="primary"
          disabled={expiresAt === undefined || !isAllowed || set.isPending}
          onClick={() => expiresAt !== undefined && set.mutate(expiresAt)}
        >
          {TEXTS.shared.setEnd}
        </button>
      </div>
    </Dialog>
  );
}
