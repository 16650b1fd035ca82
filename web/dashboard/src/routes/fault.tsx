import { TEXTS } from "../texts.ts";

/** A fault of the page itself. What it was stays in the browser. */
export function Fault() {
  return (
    <main className="bare stack" role="alert">
      <h1>{TEXTS.errors.page}</h1>
      <p>{TEXTS.errors.pageHint}</p>
      <div>
        <button type="button" className="button" onClick={() => location.reload()}>
          {TEXTS.retry}
        </button>
      </div>
    </main>
  );
}
