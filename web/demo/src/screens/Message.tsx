/** A stage that says something, and what can be done about it. */
export function Message(props: {
  readonly title: string;
  readonly text?: string;
  readonly tone?: "bad";
  readonly busy?: boolean;
  /** The first thing to do, on another page; left out if nobody knows its address. */
  readonly link?: { readonly text: string; readonly to: string | null };
  readonly actions?: readonly { readonly text: string; readonly act: () => void }[];
}) {
  const { title, text, tone, busy, link, actions = [] } = props;
  return (
    <section className="card stack message" aria-busy={busy}>
      {busy === true && <span className="spinner" aria-hidden="true" />}
      <h1 tabIndex={-1}>{title}</h1>
      {text !== undefined && (
        <p className={tone === undefined ? undefined : "notice"} data-tone={tone}>
          {text}
        </p>
      )}
      {(link !== undefined || actions.length > 0) && (
        <div className="row">
          {typeof link?.to === "string" && (
            <a className="button" data-kind="primary" href={link.to}>
              {link.text}
            </a>
          )}
          {actions.map((action) => (
            <button key={action.text} type="button" className="button" onClick={action.act}>
              {action.text}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}
