import { useRef, useState } from "react";
import { Answered } from "../components/answered.tsx";
import { Badge } from "../components/badge.tsx";
import { Confirm } from "../components/confirm.tsx";
import { DevelopmentWallets } from "../components/development-wallets.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Done } from "../components/done.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { Loading } from "../components/loading.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { RecoveryEntry } from "../components/recovery-entry.tsx";
import { Screen } from "../components/screen.tsx";
import { WalletList } from "../components/wallet-list.tsx";
import { useWallets } from "../queries/person-query.ts";
import { useWrite } from "../queries/write.ts";
import { afterwards } from "../rules/error-text.ts";
import { shortAddress, type WalletGroup, walletGroups } from "../rules/wallets.ts";
import { useSetup } from "../session/config-context.tsx";
import { usePerson } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";
import type { Connector } from "../wallets/connector.ts";

/** The wallets that let the person in. */
export function Wallets() {
  const person = usePerson();
  const wallets = useWallets();
  const [isAdding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<WalletGroup | undefined>(undefined);
  const [said, setSaid] = useState<string | undefined>(undefined);
  const add = (
    <button type="button" className="button" data-kind="primary" onClick={() => setAdding(true)}>
      {TEXTS.wallets.add}
    </button>
  );
  return (
    <Screen title={TEXTS.wallets.title} lead={TEXTS.wallets.lead} actions={add}>
      <Done text={said} />
      <Answered query={wallets}>
        {(all) => {
          const groups = walletGroups(all, person.wallet);
          return (
            <>
              {groups.length > 1 ? null : (
                <p className="notice" data-tone="warn">
                  {TEXTS.wallets.only}
                </p>
              )}
              <ul className="list">
                {groups.map((group) => (
                  <WalletItem
                    key={`${group.type} ${group.address}`}
                    group={group}
                    onRemove={() => setRemoved(group)}
                  />
                ))}
              </ul>
            </>
          );
        }}
      </Answered>
      <ProofLine of={[wallets.data]} />
      {isAdding ? (
        <AddWallet
          onDone={() => {
            setAdding(false);
            setSaid(TEXTS.wallets.added);
          }}
          onClose={() => setAdding(false)}
        />
      ) : null}
      {removed === undefined ? null : (
        <RemoveWallet
          group={removed}
          onDone={() => {
            setRemoved(undefined);
            setSaid(TEXTS.wallets.removed);
          }}
          onClose={() => setRemoved(undefined)}
        />
      )}
    </Screen>
  );
}

function WalletItem({ group, onRemove }: { readonly group: WalletGroup; readonly onRemove: () => void }) {
  return (
    <li className="card item">
      <div className="item-text">
        <div className="row">
          <Badge tone="accent" text={group.type} />
          {group.isCurrent ? <Badge tone="good" text={TEXTS.wallets.current} /> : null}
          {group.wallets.length < 2 ? null : (
            <span className="muted small">{TEXTS.wallets.keys(group.wallets.length)}</span>
          )}
        </div>
        <p className="mono">{group.address}</p>
      </div>
      {group.isCurrent ? (
        <p className="muted small">{TEXTS.wallets.isCurrent}</p>
      ) : (
        <button
          type="button"
          className="button"
          data-kind="danger"
          aria-label={`${TEXTS.wallets.remove} ${shortAddress(group.address)}`}
          onClick={onRemove}
        >
          {TEXTS.wallets.remove}
        </button>
      )}
    </li>
  );
}

function AddWallet({ onDone, onClose }: { readonly onDone: () => void; readonly onClose: () => void }) {
  const { config } = useSetup();
  const add = useWrite(async (person, connector: Connector) => {
    const { signer } = await connector.connect();
    await person.addWallet(signer);
    onDone();
  });
  return (
    <Dialog title={TEXTS.wallets.add} onClose={onClose}>
      <p className="muted">{TEXTS.wallets.addLead}</p>
      {add.isPending ? <Loading text={TEXTS.onboarding.working} /> : null}
      {add.isError ? <ErrorNotice error={add.error} /> : null}
      <WalletList onChoose={(connector) => add.mutate(connector)} disabled={add.isPending} />
      {config.development ? (
        <DevelopmentWallets onChoose={(connector) => add.mutate(connector)} disabled={add.isPending} />
      ) : null}
      {config.enclave === null ? null : (
        <RecoveryEntry
          title={TEXTS.wallets.words}
          lead={TEXTS.wallets.wordsLead}
          disabled={add.isPending}
          onConnect={(connector) => add.mutate(connector)}
        />
      )}
    </Dialog>
  );
}

function RemoveWallet({
  group,
  onDone,
  onClose,
}: {
  readonly group: WalletGroup;
  readonly onDone: () => void;
  readonly onClose: () => void;
}) {
  // A wallet is removed key by key, with a signature for each.
  const removed = useRef(new Set<string>());
  const remove = useWrite(async (person) => {
    for (const { id } of group.wallets.filter((it) => !removed.current.has(it.id))) {
      await afterwards(removed.current.size > 0, () => person.removeWallet(id));
      removed.current.add(id);
    }
    onDone();
  });
  return (
    <Confirm
      title={TEXTS.wallets.removeTitle(shortAddress(group.address))}
      action={TEXTS.wallets.remove}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>{TEXTS.wallets.removeLead}</p>
      {group.type === "FaceSign" ? <p className="muted">{TEXTS.wallets.removeWordsLead}</p> : null}
    </Confirm>
  );
}
