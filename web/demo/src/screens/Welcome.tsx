import type { Terms } from "../bank.ts";
import { TEXTS } from "../texts.ts";
import { Asks } from "./Asks.tsx";
import { Mark } from "./Mark.tsx";

/** What the bank promises, and what it asks for, before anybody connects anything. */
export function Welcome({ terms, onOpen }: { readonly terms: Terms; readonly onOpen: () => void }) {
  const { title, text, open, points, asks, card } = TEXTS.welcome;
  return (
    <>
      <section className="hero">
        <div className="stack">
          <h1 tabIndex={-1}>{title}</h1>
          <p className="muted">{text}</p>
          <p>{asks(terms.name)}</p>
          <Asks asks={terms.asks} />
          <div>
            <button type="button" className="button" data-kind="primary" onClick={onOpen}>
              {open}
            </button>
          </div>
        </div>
        <div className="bank-card" aria-hidden="true">
          <Mark />
          <span className="bank-card-chip" />
          <strong>{terms.name}</strong>
          <span className="small">{card}</span>
        </div>
      </section>
      <ul className="grid points">
        {points.map((point) => (
          <li key={point.title} className="card">
            <h2>{point.title}</h2>
            <p className="muted">{point.text}</p>
          </li>
        ))}
      </ul>
    </>
  );
}
