import { Link } from "@tanstack/react-router";
import type { Credential } from "idos-client";
import { factsOf } from "../rules/credential-facts.ts";
import { shownDay } from "../rules/dates.ts";
import { expiryOf } from "../rules/expiry.ts";
import { credentialName, humanised, statusName } from "../rules/names.ts";
import { statusOf } from "../rules/status.ts";
import { TEXTS } from "../texts.ts";
import { Badge } from "./badge.tsx";
import "./credential-card.css";

/** A credential at a glance; the whole card leads to its details. */
export function CredentialCard({
  credential,
  mark,
  sharedWith,
  isReplaced,
}: {
  readonly credential: Credential;
  /** What tells it from others that look the same; undefined if there are none. */
  readonly mark: string | undefined;
  /** How many may read it; undefined while that is not known. */
  readonly sharedWith: number | undefined;
  /** Whether the person has a newer version of it. */
  readonly isReplaced: boolean;
}) {
  const facts = factsOf(credential);
  const expiry = expiryOf(facts.expires, new Date());
  const status = statusOf(facts.status, expiry);
  const name = credentialName(facts);
  return (
    <article className="card credential-card">
      <div className="credential-card-head">
        <h2>
          <Link to="/credentials/$id" params={{ id: credential.id }}>
            {name}
          </Link>
        </h2>
        {status.text === undefined ? null : <Badge tone={status.tone} text={statusName(status.text)} />}
      </div>
      <p className="muted">
        {TEXTS.data.issuedBy} {facts.issuer ?? TEXTS.data.unknownIssuer}
      </p>
      <dl className="facts small">
        {facts.level === undefined ? null : (
          <>
            <dt>{TEXTS.data.level}</dt>
            <dd>{humanised(facts.level)}</dd>
          </>
        )}
        {mark === undefined ? null : (
          <>
            <dt>{TEXTS.credential.id}</dt>
            <dd className="mono">{mark}</dd>
          </>
        )}
        <dt>{TEXTS.data.expires}</dt>
        <dd>{facts.expires === undefined ? TEXTS.data.never : shownDay(facts.expires)}</dd>
      </dl>
      <p className="credential-card-foot small muted">
        {isReplaced ? `${TEXTS.data.replaced}. ` : ""}
        {sharedWith === undefined ? null : TEXTS.data.sharedWith(sharedWith)}
      </p>
    </article>
  );
}
