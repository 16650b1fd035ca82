import { useEffect, useState } from "react";
import { TEXTS } from "../texts.ts";
import type { Connector } from "../wallets/connector.ts";
import { findEvmWallets } from "../wallets/evm.ts";
import { nearConnectors } from "../wallets/near.ts";
import { FREIGHTER } from "../wallets/stellar.ts";
import { GEM_WALLET } from "../wallets/xrpl.ts";

/** The wallets of this browser: those that announce themselves, and those that are asked when they are chosen. */
export function WalletList({
  onChoose,
  disabled,
  nameOf = ({ name }) => name,
}: {
  readonly onChoose: (connector: Connector) => void;
  readonly disabled: boolean;
  readonly nameOf?: (connector: Connector) => string;
}) {
  const [announced, setAnnounced] = useState<readonly Connector[]>([]);
  useEffect(() => {
    setAnnounced([]);
    return findEvmWallets((connector) => setAnnounced((known) => [...known, connector]));
  }, []);
  const all = [...announced, ...nearConnectors(), FREIGHTER, GEM_WALLET];
  return (
    <ul className="list">
      {all.map((connector) => (
        <li key={connector.id}>
          <button
            type="button"
            className="button wallet-button"
            disabled={disabled}
            onClick={() => onChoose(connector)}
          >
            {connector.icon === undefined ? null : <img src={connector.icon} alt="" />}
            {nameOf(connector)}
            <span className="badge">{connector.type}</span>
          </button>
        </li>
      ))}
      {announced.length === 0 ? <li className="muted small">{TEXTS.connect.none}</li> : null}
    </ul>
  );
}
