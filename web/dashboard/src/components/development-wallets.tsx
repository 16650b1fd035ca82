import { type FormEvent, useState } from "react";
import { TEXTS } from "../texts.ts";
import type { Connector } from "../wallets/connector.ts";
import {
  DEVELOPMENT_TYPES,
  type DevelopmentWallet,
  developmentConnector,
  developmentWallets,
  forgetDevelopmentWallet,
  newDevelopmentWallet,
} from "../wallets/development.ts";
import { Badge } from "./badge.tsx";
import { Confirm } from "./confirm.tsx";
import { Field } from "./field.tsx";

/** Wallets that the page makes itself, for networks of development. */
export function DevelopmentWallets({
  onChoose,
  disabled,
  inUse,
}: {
  readonly onChoose: (connector: Connector) => void;
  readonly disabled: boolean;
  /** The connector of the wallet by which the person is here: it is neither connected again nor forgotten. */
  readonly inUse?: string | undefined;
}) {
  const [wallets, setWallets] = useState(developmentWallets);
  const [name, setName] = useState("");
  const [said, setSaid] = useState<string | undefined>(undefined);
  const [asked, setAsked] = useState<DevelopmentWallet | undefined>(undefined);
  const copy = ({ name, type, secret }: DevelopmentWallet) =>
    // Where a page is not served safely there is no clipboard at all.
    Promise.resolve(navigator.clipboard?.writeText(`${type} ${secret}`) ?? Promise.reject()).then(
      () => setSaid(TEXTS.connect.copied(name)),
      () => setSaid(TEXTS.connect.notCopied),
    );
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
        {wallets.map((wallet) => {
          const isInUse = developmentConnector(wallet).id === inUse;
          return (
            <li key={wallet.id} className="item">
              <div className="item-text row">
                <strong>{wallet.name}</strong>
                <span className="badge">{wallet.type}</span>
                {isInUse ? <Badge tone="good" text={TEXTS.wallets.current} /> : null}
              </div>
              <div className="row">
                {isInUse ? null : (
                  <button
                    type="button"
                    className="button"
                    disabled={disabled}
                    aria-label={`${TEXTS.connect.connect} ${wallet.name}`}
                    onClick={() => onChoose(developmentConnector(wallet))}
                  >
                    {TEXTS.connect.connect}
                  </button>
                )}
                <button
                  type="button"
                  className="button"
                  data-kind="quiet"
                  aria-label={`${TEXTS.connect.copySecret} ${wallet.name}`}
                  onClick={() => void copy(wallet)}
                >
                  {TEXTS.connect.copySecret}
                </button>
                {isInUse ? null : (
                  <button
                    type="button"
                    className="button"
                    data-kind="quiet"
                    aria-label={`${TEXTS.connect.forget} ${wallet.name}`}
                    onClick={() => setAsked(wallet)}
                  >
                    {TEXTS.connect.forget}
                  </button>
                )}
              </div>
            </li>
          );
        })}
      </ul>
      <p className="small" role="status">
        {said}
      </p>
      {asked === undefined ? null : (
        <Confirm
          title={TEXTS.connect.forgetTitle(asked.name)}
          action={TEXTS.connect.forget}
          isPending={false}
          error={null}
          onConfirm={() => {
            forgetDevelopmentWallet(asked.id);
            setWallets(developmentWallets());
            setAsked(undefined);
          }}
          onClose={() => setAsked(undefined)}
        >
          <p>{TEXTS.connect.forgetLead}</p>
        </Confirm>
      )}
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
