import type { Decision } from "../bank.ts";
import { TEXTS } from "../texts.ts";

/** What the bank decided, with every check that it made. */
export function Decided(props: {
  readonly decision: Decision;
  /** Whether it is about a copy of an earlier visit. */
  readonly earlier: boolean;
  readonly name: string;
  readonly dashboard: string | null;
  readonly onAgain: () => void;
  readonly onStart: () => void;
}) {
  const { decision, earlier, name, dashboard, onAgain, onStart } = props;
  const texts = TEXTS.decided;
  const { approved, checks } = decision;
  return (
    <section className="card stack">
      <h1 tabIndex={-1}>{approved ? (earlier ? texts.customer : texts.approved(name)) : texts.refused}</h1>
      <p>{said(approved, earlier)}</p>
      <h2>{texts.checks}</h2>
      <ul className="checks">
        {checks.map((check) => (
          <li key={check.name} className="row">
            <span className="badge" data-tone={check.ok ? "good" : "bad"}>
              {check.ok ? texts.passed : texts.failed}
            </span>
            <span>
              <strong>{check.name}</strong>
              {check.detail !== "" && <span className="muted small check-detail">{check.detail}</span>}
            </span>
          </li>
        ))}
      </ul>
      <p className="muted small">{texts.end}</p>
      <div className="row">
        {dashboard !== null && (
          <a className="button" data-kind={approved ? "primary" : undefined} href={dashboard}>
            {texts.dashboard}
          </a>
        )}
        {!approved && (
          <button type="button" className="button" onClick={onAgain}>
            {texts.shareAgain}
          </button>
        )}
        <button type="button" className="button" data-kind="quiet" onClick={onStart}>
          {texts.start}
        </button>
      </div>
    </section>
  );
}

function said(approved: boolean, earlier: boolean): string {
  const texts = TEXTS.decided;
  if (approved) {
    return earlier ? texts.customerText : texts.approvedText;
  }
  return earlier ? texts.earlierRefused : texts.refusedText;
}
