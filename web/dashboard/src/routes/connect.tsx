import { DevelopmentWallets } from "../components/development-wallets.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Loading } from "../components/loading.tsx";
import { RecoveryEntry } from "../components/recovery-entry.tsx";
import { Screen } from "../components/screen.tsx";
import { WalletList } from "../components/wallet-list.tsx";
import { useSetup } from "../session/config-context.tsx";
import { useSession } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";
import "./connect.css";

/** Where somebody comes in. */
export function Connect() {
  const { config } = useSetup();
  const { state, connect, disconnect } = useSession();
  const erased = state.kind === "none" ? state.erased : undefined;
  return (
    <Screen
      title={erased === undefined ? TEXTS.connect.title : TEXTS.erase.done}
      lead={erased === undefined ? TEXTS.connect.lead : TEXTS.erase.doneLead}
    >
      {erased === undefined || erased.held.length === 0 ? null : (
        <section className="notice stack" aria-labelledby="held">
          <h2 id="held">{TEXTS.erase.stays}</h2>
          <ul className="bullets">
            {erased.held.map((it) => (
              <li key={it}>{it}</li>
            ))}
          </ul>
        </section>
      )}
      {state.kind === "none" && state.wasByWords === true ? (
        <p className="notice" data-tone="warn">
          {TEXTS.connect.wordsGone}
        </p>
      ) : null}
      {state.kind === "connecting" ? (
        <div className="row">
          <Loading text={TEXTS.connect.connecting(state.connector.name)} />
          <button type="button" className="button" onClick={() => void disconnect()}>
            {TEXTS.cancel}
          </button>
        </div>
      ) : null}
      {state.kind === "failed" || state.kind === "changed" ? (
        <div className="stack">
          {state.kind === "failed" ? (
            <ErrorNotice error={state.error} onRetry={() => void connect(state.connector)} />
          ) : (
            <div className="notice stack" data-tone="warn" role="alert">
              <p>{TEXTS.connect.changed}</p>
              <div>
                <button type="button" className="button" onClick={() => void connect(state.connector)}>
                  {TEXTS.retry}
                </button>
              </div>
            </div>
          )}
          <div>
            <button type="button" className="button" data-kind="quiet" onClick={() => void disconnect()}>
              {TEXTS.connect.other}
            </button>
          </div>
        </div>
      ) : null}
      <div className="connect">
        <section className="card section" aria-labelledby="choose">
          <h2 id="choose">{TEXTS.connect.choose}</h2>
          <p className="muted">{TEXTS.connect.chooseLead}</p>
          <WalletList
            onChoose={(connector) => void connect(connector)}
            disabled={state.kind === "connecting"}
          />
        </section>
        <ul className="promises">
          {TEXTS.connect.promises.map(([title, text]) => (
            <li key={title}>
              <h3>{title}</h3>
              <p className="muted">{text}</p>
            </li>
          ))}
        </ul>
      </div>
      {config.development ? (
        <DevelopmentWallets
          onChoose={(connector) => void connect(connector)}
          disabled={state.kind === "connecting"}
        />
      ) : null}
      {config.enclave === null ? null : (
        <RecoveryEntry
          title={TEXTS.connect.recovery}
          lead={TEXTS.connect.recoveryLead}
          onConnect={(connector) => void connect(connector)}
        />
      )}
    </Screen>
  );
}
