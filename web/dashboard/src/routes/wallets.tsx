import { useMutation } from "@tanstack/react-query";
import { type SignedWallet, type Wallet, WalletError } from "idos-client";
import { useEffect, useRef, useState } from "react";
import { Answered } from "../components/answered.tsx";
import { Badge } from "../components/badge.tsx";
import { Confirm } from "../components/confirm.tsx";
import { DevelopmentWallets } from "../components/development-wallets.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Done } from "../components/done.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { useFocusKept } from "../components/focus.ts";
import { useIsHere } from "../components/here.ts";
import { Loading } from "../components/loading.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { RecoveryEntry } from "../components/recovery-entry.tsx";
import { Screen } from "../components/screen.tsx";
import { WalletList } from "../components/wallet-list.tsx";
import { useWallets } from "../queries/person-query.ts";
import { useWrite } from "../queries/write.ts";
import { afterwards } from "../rules/error-text.ts";
import { isLinked, shortAddress, type WalletGroup, walletGroups } from "../rules/wallets.ts";
import { useSetup } from "../session/config-context.tsx";
import { usePerson, useSession } from "../session/session-context.tsx";
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
          linked={wallets.data?.value ?? []}
          onDone={(isOpen) => {
            if (isOpen) {
              setAdding(false);
            }
            setSaid(TEXTS.wallets.added);
          }}
          onClose={() => setAdding(false)}
        />
      ) : null}
      {removed === undefined ? null : (
        <RemoveWallet
          group={removed}
          onDone={() => {
            // What was closed closes nothing that was opened since.
            setRemoved((open) => (open === removed ? undefined : open));
            setSaid(TEXTS.wallets.removed);
          }}
          onClose={() => setRemoved(undefined)}
        />
      )}
    </Screen>
  );
}

function WalletItem({ group, onRemove }: { readonly group: WalletGroup; readonly onRemove: () => void }) {
  const item = useFocusKept<HTMLLIElement>();
  return (
    <li ref={item} className="card item">
      <div className="item-text">
        <div className="row">
          <Badge tone="accent" text={group.type === "FaceSign" ? TEXTS.wallets.faceSign : group.type} />
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

function AddWallet({
  linked,
  onDone,
  onClose,
}: {
  readonly linked: readonly Wallet[];
  /** The wallet is linked, while this is open or after that. */
  readonly onDone: (isOpen: boolean) => void;
  readonly onClose: () => void;
}) {
  const { config } = useSetup();
  const { state, hold, watched } = useSession();
  const person = usePerson();
  // The wallet in use may have to show another account meanwhile.
  useEffect(() => hold(), [hold]);
  /** Once this is closed, the new wallet is neither waited for nor asked. */
  const isOpen = useIsHere();
  const release = useRef<(() => void) | undefined>(undefined);
  useEffect(() => () => release.current?.(), []);
  const isInUse = ({ id }: Connector) =>
    id !== undefined && state.kind === "ready" && id === state.connector.id;
  const sign = useMutation({
    mutationFn: async (connector: Connector) => {
      const known = [...linked, person.wallet].map(({ address }) => address);
      const another = isInUse(connector) ? connector.another?.(known) : undefined;
      const { signer } = await (another ?? connector.connect());
      if (isLinked(linked, signer.wallet)) {
        throw new WalletError("SameAccount", "this account is linked already");
      }
      const announced = watched(signer);
      release.current = announced.end;
      if (!isOpen.current) {
        announced.end();
      }
      return person.ownershipBy(announced.signer);
    },
  });
  const link = useWrite(async (_, wallet: SignedWallet) => {
    await person.linkWallet(wallet);
    onDone(isOpen.current);
  });
  const add = (connector: Connector) => {
    link.reset();
    // Only while this is open: who closed it is not asked for the second signature.
    sign.mutate(connector, { onSuccess: (wallet) => link.mutate(wallet) });
  };
  const isPending = sign.isPending || link.isPending;
  const user = shortAddress(person.wallet.address);
  return (
    <Dialog title={TEXTS.wallets.add} onClose={onClose}>
      <p className="muted">{TEXTS.wallets.addLead}</p>
      {isPending ? (
        <Loading text={link.isPending ? TEXTS.wallets.nowSigns(user) : TEXTS.onboarding.working} />
      ) : null}
      {sign.isError ? <ErrorNotice error={sign.error} /> : null}
      {link.isError ? (
        <>
          <ErrorNotice error={link.error} onRetry={() => link.mutate(link.variables)} />
          {link.error instanceof WalletError ? (
            <p className="notice small">{TEXTS.wallets.switchBack(user)}</p>
          ) : null}
        </>
      ) : null}
      <WalletList
        onChoose={add}
        disabled={isPending}
        nameOf={(it) => (isInUse(it) ? TEXTS.wallets.another(it.name) : it.name)}
      />
      {config.development ? (
        <DevelopmentWallets
          onChoose={add}
          disabled={isPending}
          inUse={state.kind === "ready" ? state.connector.id : undefined}
        />
      ) : null}
      {config.enclave === null ? null : (
        <RecoveryEntry
          title={TEXTS.wallets.words}
          lead={TEXTS.wallets.wordsLead}
          disabled={isPending}
          onConnect={add}
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
