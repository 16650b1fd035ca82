import { type FormEvent, useState } from "react";
import { TEXTS } from "../texts.ts";
import type { Connector } from "../wallets/connector.ts";
import {
  DEVELOPMENT_TYPES,
  developmentConnector,
  developmentWallets,
  forgetDevelopmentWallet,
  newDevelopmentWallet,
} from "../wallets/development.ts";
import { Field } from "./field.tsx";

/** Wallets that the page makes itself, for networks of development. */
export function DevelopmentWallets({
  onChoose,
  disabled,
}: {
  readonly onChoose: (connector: Connector) => void;
  readonly disabled: boolean;
}) {
  const [wallets, setWallets] = useState(developmentWallets);
  const [name, setName] = useState("");
  const [type, setType] = useState<string>("EVM");
  const create = (event: FormEvent) => {
    event.preventDefault();
    const kind = DEVELOPMENT_TYPES.find((it) => it === type) ?? "EVM";
    const wallet = newDevelopmentWallet(kind, name.trim() === "" ? `${kind} ${wallets.length + 1}` : name);
    setWallets(developmentWallets());
    setName("");
    onChoose(developmentConnector(wallet));
  };
  return (
    <section className="card section" aria-labelledby="development">
      <div className="row">
        <h2 id="development">{TEXTS.connect.development}</h2>
        <span className="badge" data-tone="warn">
          {TEXTS.developmentNote}
        </span>
      </div>
      <p className="muted">{TEXTS.connect.developmentLead}</p>
      <ul className="list">
        {wallets.map((wallet) => (
          <li key={wallet.id} className="item">
            <div className="item-text row">
              <strong>{wallet.name}</strong>
              <span className="badge">{wallet.type}</span>
            </div>
            <div className="row">
              <button
                type="button"
                className="button"
                disabled={disabled}
                aria-label={`${TEXTS.connect.connect} ${wallet.name}`}
                onClick={() => onChoose(developmentConnector(wallet))}
              >
                {TEXTS.connect.connect}
              </button>
              <button
                type="button"
                className="button"
                data-kind="quiet"
                aria-label={`${TEXTS.connect.copySecret} ${wallet.name}`}
                onClick={() => void navigator.clipboard.writeText(`${wallet.type} ${wallet.secret}`)}
              >
                {TEXTS.connect.copySecret}
              </button>
              <button
                type="button"
                className="button"
                data-kind="quiet"
                aria-label={`${TEXTS.connect.forget} ${wallet.name}`}
                onClick={() => {
                  forgetDevelopmentWallet(wallet.id);
                  setWallets(developmentWallets());
                }}
              >
                {TEXTS.connect.forget}
              </button>
            </div>
          </li>
        ))}
      </ul>
      <form className="development-new" onSubmit={create}>
        <Field label={TEXTS.connect.newPerson}>
          {(control) => (
            <input
              {...control}
              className="input"
              value={name}
              maxLength={40}
              autoComplete="off"
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
        <Field label={TEXTS.connect.newKind}>
          {(control) => (
            <select
              {...control}
              className="input"
              value={type}
              onChange={({ target }) => setType(target.value)}
            >
              {DEVELOPMENT_TYPES.map((it) => (
                <option key={it}>{it}</option>
              ))}
            </select>
          )}
        </Field>
        <button type="submit" className="button" data-kind="primary" disabled={disabled}>
          {TEXTS.connect.create}
        </button>
      </form>
    </section>
  );
}
