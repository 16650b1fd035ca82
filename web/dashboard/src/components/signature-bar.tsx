import { useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { type Purpose, purposeOf } from "../rules/signature-purpose.ts";
import type { PendingSignatures } from "../session/watched-signer.ts";
import { TEXTS } from "../texts.ts";
import { topLayer } from "./top-layer.ts";
import "./signature-bar.css";

/** Which signature is awaited, why, and the very text of it. */
export function SignatureBar({ signatures }: { readonly signatures: PendingSignatures }) {
  const pending = useSyncExternalStore(signatures.subscribe, signatures.current);
  const [first] = pending;
  const place = useSyncExternalStore(topLayer.subscribe, topLayer.current);
  const bar = (
    <div className="signature-bar" role="status">
      {first === undefined ? null : (
        // Another signature is another card: a click that was meant for the one before gives up nothing.
        <div key={first.id} className="card stack signature-bar-card">
          <strong className="row">
            <span className="spinner" aria-hidden="true" />
            {TEXTS.signing.title}
            {pending.length < 2 ? null : <span className="badge">{TEXTS.signing.first(pending.length)}</span>}
          </strong>
          <p>{shown(purposeOf(first.text))}</p>
          <details>
            <summary>{TEXTS.signing.show}</summary>
            <pre className="mono small">{first.text}</pre>
          </details>
          <div>
            <button type="button" className="button" onClick={first.giveUp}>
              {TEXTS.signing.giveUp}
            </button>
          </div>
        </div>
      )}
    </div>
  );
  return place === undefined ? bar : createPortal(bar, place);
}

function shown(purpose: Purpose): string {
  switch (purpose.kind) {
    case "sign-in":
      return TEXTS.signing.signIn(purpose.node);
    case "ownership":
      return TEXTS.signing.ownership;
    case "write-grant":
      return TEXTS.signing.writeGrant;
    case "transaction":
      return TEXTS.signing.transaction(purpose.description);
    case "other":
      return TEXTS.signing.other;
  }
}
