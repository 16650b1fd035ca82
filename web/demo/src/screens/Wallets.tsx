import type { Signer } from "idos-client";
import { type FormEvent, useState } from "react";
import { TEXTS } from "../texts.ts";
import { developmentWallet, useBrowserWallets } from "../wallets.ts";

/** Which wallet it is to be. */
export function Wallets(props: {
  readonly development: boolean;
  readonly onConnect: (wallet: () => Promise<Signer>) => void;
  readonly onBack: () => void;
}) {
  const { development, onConnect, onBack } = props;
  const wallets = useBrowserWallets();
  const texts = TEXTS.wallet;
  return (
    <section className="card stack">
      <h1 tabIndex={-1}>{texts.title}</h1>
      <p className="muted">{texts.text}</p>
      <h2>{texts.found}</h2>
      {wallets.length === 0 ? (
        <p className="notice">{texts.none}</p>
      ) : (
        <div className="row">
          {wallets.map(({ id, name, connect }) => (
            <button
              key={id}
              type="button"
              className="button"
              data-kind="primary"
              onClick={() => onConnect(connect)}
            >
              {name}
            </button>
          ))}
        </div>
      )}
      {development && <Development onConnect={onConnect} />}
      <div>
        <button type="button" className="button" data-kind="quiet" onClick={onBack}>
          {texts.back}
        </button>
      </div>
    </section>
  );
}

function Development({ onConnect }: { readonly onConnect: (wallet: () => Promise<Signer>) => void }) {
  const [name, setName] = useState("");
  const texts = TEXTS.wallet;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onConnect(() => developmentWallet(name));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <h2>{texts.development}</h2>
      <div className="field">
        <label htmlFor="development-wallet">{texts.developmentName}</label>
        <input
          id="development-wallet"
          className="input"
          required
          maxLength={100}
          autoComplete="off"
          aria-describedby="development-hint"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <span id="development-hint" className="muted small">
          {texts.developmentHint}
        </span>
      </div>
      <div>
        <button type="submit" className="button">
          {texts.use}
        </button>
      </div>
    </form>
  );
}
