import { type CredentialContent, notesOf } from "idos-client";
import { useState } from "react";
import type { Terms } from "../bank.ts";
import { lockEnd } from "../idos.ts";
import { TEXTS } from "../texts.ts";
import { Asks } from "./Asks.tsx";

/** What the visitor would share, with whom, and for how long. The enclave asks them once more, in its own words. */
export function Offer(props: {
  readonly terms: Terms;
  readonly credential: CredentialContent;
  /** Whether the browser did not open the enclave's window. */
  readonly blocked: boolean;
  readonly onShare: () => void;
  readonly onCancel: () => void;
}) {
  const { terms, credential, blocked, onShare, onCancel } = props;
  const texts = TEXTS.offer;
  const [opened] = useState(() => new Date());
  const lock = lockEnd(terms, opened);
  const notes = notesOf(credential.publicNotes ?? "");
  return (
    <section className="card stack">
      <h1 tabIndex={-1}>{texts.title}</h1>
      <p>{texts.text(terms.name)}</p>
      <Asks asks={terms.asks} />
      <h2>{texts.credential}</h2>
      <dl className="facts">
        <dt>{texts.issuer}</dt>
        <dd>{noteText(notes["issuer"])}</dd>
        <dt>{texts.level}</dt>
        <dd>{noteText(notes["level"])}</dd>
        <dt>{texts.until}</dt>
        <dd>{lock === 0 ? texts.noLock : texts.lock(new Date(lock * 1000))}</dd>
      </dl>
      <p className="muted small">{texts.consent}</p>
      {blocked && (
        <div className="notice" data-tone="warn" role="alert">
          <strong>{TEXTS.blocked.title}.</strong> {TEXTS.blocked.text}
        </div>
      )}
      <div className="row">
        <button type="button" className="button" data-kind="primary" onClick={onShare}>
          {texts.share}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {texts.cancel}
        </button>
      </div>
    </section>
  );
}

/** Notes are what an issuer wrote: shown as text, and not at any length. */
function noteText(note: unknown): string {
  return typeof note === "string" && note !== "" ? note.slice(0, 100) : TEXTS.offer.unnamed;
}
