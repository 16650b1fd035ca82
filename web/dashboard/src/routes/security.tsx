import type { Factor, FactorChange, Holder, OwnedWallet, Unlocked } from "idos-client/enclave";
import { useState } from "react";
import { Badge } from "../components/badge.tsx";
import { Done } from "../components/done.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { useKeptFault } from "../components/kept-fault.ts";
import { Loading } from "../components/loading.tsx";
import { HolderUnknown, Lock } from "../components/lock.tsx";
import { Screen } from "../components/screen.tsx";
import { useEnclaveStatus } from "../queries/enclave-status.ts";
import { useHolder } from "../queries/holder.ts";
import { useWrite } from "../queries/write.ts";
import { enclaveReason, UnfinishedError } from "../rules/error-text.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { unlockOwn } from "../session/own-key.ts";
import { keepUnlinkedWords, linkRecovery, unlinkedWords } from "../session/recovery-wallet.ts";
import { TEXTS } from "../texts.ts";

/** How the person opens what is encrypted. */
export function Security() {
  const holder = useHolder();
  return (
    <Screen title={TEXTS.security.title} lead={TEXTS.security.lead}>
      {holder === undefined ? <HolderUnknown /> : <Keys holder={holder} />}
    </Screen>
  );
}

function Keys({ holder }: { readonly holder: Holder }) {
  const access = useEnclave();
  const { status, refresh } = useEnclaveStatus();
  const statusFault = useKeptFault(status);
  const [factors, setFactors] = useState<readonly Factor[] | undefined>(undefined);
  const [said, setSaid] = useState<string | undefined>(undefined);
  const [unlinked, setUnlinked] = useState(() => unlinkedWords(holder.userId));
  const keepUnlinked = (words: readonly OwnedWallet[]) => {
    keepUnlinkedWords(holder.userId, words);
    setUnlinked(words);
  };
  const unlockedOf = status.data?.userId ?? null;
  const isUnlocked = unlockedOf === holder.userId;
  const isOthers = unlockedOf !== null && !isUnlocked;
  const unlock = useWrite(async (person) => {
    const enclave = await access.open();
    const opened: Unlocked = await unlockOwn(enclave, holder);
    setFactors(opened.factors);
    setSaid(undefined);
    // A replacement of the key was interrupted: finish it.
    if (opened.encryptionPublicKey !== holder.encryptionPublicKey) {
      await person.updateEncryptionKey(opened.encryptionPublicKey, "user");
    }
    await refresh();
  });
  const locked = () => {
    setFactors(undefined);
    setSaid(TEXTS.security.lockedNow);
    return refresh();
  };
  const link = useWrite(async (person, [first, ...rest]: readonly OwnedWallet[]) => {
    if (first !== undefined) {
      await linkRecovery(person, first);
      keepUnlinked(rest);
      setSaid(TEXTS.security.recoveryLinked);
    }
  });
  const change = useWrite(async (_, what: FactorChange) => {
    const enclave = await access.open();
    setSaid(undefined);
    access.takeRingError();
    const { factors: now, recovery } = await enclave
      .changeFactors({ ...holder, change: what })
      .catch((error: unknown) => {
        // Where it is not certain what was stored, the ways that are shown may not be those that there are.
        if (enclaveReason(error) !== "Network") {
          throw error;
        }
        setFactors(undefined);
        const known = access.takeRingError() ?? error;
        if (!(known instanceof UnfinishedError)) {
          throw known;
        }
        if (isOfWords(what, factors ?? [])) {
          keepUnlinked([]);
        }
        throw new UnfinishedError(known.cause, stateOf(what));
      });
    setFactors(now);
    setSaid(saidAfter(what, factors ?? []));
    if (recovery !== null) {
      // The words open the data from now on. That they let in takes another signature, which can be given later.
      const words = [recovery, ...unlinked];
      keepUnlinked(words);
      await link.mutateAsync(words).catch(() => undefined);
    } else if (isOfWords(what, factors ?? []) || now.every(({ kind }) => kind !== "words")) {
      // Which of them went is not known, and words that were given up, here or elsewhere, must not become a way in.
      keepUnlinked([]);
    }
    await refresh();
  });
  if (statusFault !== null) {
    return (
      <ErrorNotice error={statusFault} isTrying={status.isFetching} onRetry={() => void status.refetch()} />
    );
  }
  if (status.data === undefined) {
    return <Loading />;
  }
  return (
    <>
      <Done text={said} />
      {unlinked.length === 0 ? null : (
        <section className="notice stack" data-tone="warn" aria-label={TEXTS.security.link}>
          <p>{TEXTS.security.unlinked}</p>
          {link.isError ? <ErrorNotice error={link.error} /> : null}
          <div>
            <button
              type="button"
              className="button"
              disabled={link.isPending || change.isPending}
              onClick={() => link.mutate(unlinked)}
            >
              {link.isPending ? <span className="spinner" aria-hidden="true" /> : null}
              {TEXTS.security.link}
            </button>
          </div>
        </section>
      )}
      <section className="card section" aria-labelledby="state">
        <div className="row">
          <h2 id="state">{TEXTS.security.state}</h2>
          {isOthers ? (
            <Badge tone="warn" text={TEXTS.security.others} />
          ) : (
            <Badge
              tone={isUnlocked ? "good" : "neutral"}
              text={isUnlocked ? TEXTS.security.unlocked : TEXTS.security.locked}
            />
          )}
        </div>
        {isOthers ? <p className="muted">{TEXTS.security.othersLead}</p> : null}
        <dl className="facts">
          <dt>{TEXTS.security.encryptionKey}</dt>
          <dd className="mono">{holder.encryptionPublicKey}</dd>
        </dl>
        {isUnlocked || isOthers ? (
          <Lock onLocked={locked} />
        ) : (
          <EnclaveAction action={unlock} given={undefined} kind="primary">
            {TEXTS.security.unlock}
          </EnclaveAction>
        )}
      </section>
      <section className="section" aria-labelledby="factors">
        <h2 id="factors">{TEXTS.security.factors}</h2>
        {holder.keyRing === null ? (
          <>
            <p className="muted">{TEXTS.security.adoptLead}</p>
            <p className="muted small">{TEXTS.security.noPassword}</p>
            <EnclaveAction action={change} given={{ kind: "adopt" }}>
              {TEXTS.security.adopt}
            </EnclaveAction>
          </>
        ) : !isUnlocked || factors === undefined ? (
          <>
            <p className="muted">{TEXTS.security.factorsLead}</p>
            {isUnlocked ? (
              <EnclaveAction action={unlock} given={undefined}>
                {TEXTS.security.showFactors}
              </EnclaveAction>
            ) : null}
          </>
        ) : (
          <Factors factors={factors} passkeys={status.data.passkeys} change={change} />
        )}
        {change.isError && holder.keyRing !== null ? <ErrorNotice error={change.error} /> : null}
      </section>
    </>
  );
}

/** Whether a change removes recovery words. */
function isOfWords(what: FactorChange, before: readonly Factor[]): boolean {
  return what.kind === "remove" && before.find(({ id }) => id === what.factorId)?.kind === "words";
}

/** What to say after a change, with what it does not do. */
function saidAfter(what: FactorChange, before: readonly Factor[]): string {
  switch (what.kind) {
    case "adopt":
      return TEXTS.security.adopted;
    case "remove":
      return isOfWords(what, before) ? TEXTS.security.wordsRemoved : TEXTS.security.changed;
    default:
      return TEXTS.security.changed;
  }
}

/** What a change left that a ring was stored for, before something failed. */
function stateOf({ kind }: FactorChange): string {
  const { unfinished } = TEXTS.security;
  return kind === "password"
    ? unfinished.password
    : kind === "add-words"
      ? unfinished.words
      : unfinished.other;
}

function Factors({
  factors,
  passkeys,
  change,
}: {
  readonly factors: readonly Factor[];
  readonly passkeys: boolean;
  readonly change: ReturnType<typeof useWrite<FactorChange>>;
}) {
  const hasPassword = factors.some((it) => it.kind === "password");
  const [asked, setAsked] = useState<string>("");
  const act = (name: string, what: FactorChange) => {
    setAsked(name);
    change.mutate(what);
  };
  return (
    <div className="stack">
      <ul className="list">
        {factors.map(({ id, kind }) => (
          <li key={id} className="card item">
            <h3 className="item-text">{TEXTS.security.kinds[kind]}</h3>
            {factors.length < 2 ? (
              <p className="muted small">{TEXTS.security.lastFactor}</p>
            ) : (
              <button
                type="button"
                className="button"
                data-kind="danger"
                disabled={change.isPending}
                aria-label={`${TEXTS.security.remove}: ${TEXTS.security.kinds[kind]}`}
                onClick={() => act(TEXTS.security.remove, { kind: "remove", factorId: id })}
              >
                {TEXTS.security.remove}
              </button>
            )}
          </li>
        ))}
      </ul>
      <div className="row">
        <button
          type="button"
          className="button"
          disabled={change.isPending}
          onClick={() => act(TEXTS.security.changePassword, { kind: "password" })}
        >
          {hasPassword ? TEXTS.security.changePassword : TEXTS.security.addPassword}
        </button>
        <button
          type="button"
          className="button"
          disabled={change.isPending || !passkeys}
          onClick={() => act(TEXTS.security.addPasskey, { kind: "add-passkey" })}
        >
          {TEXTS.security.addPasskey}
        </button>
        <button
          type="button"
          className="button"
          disabled={change.isPending}
          onClick={() => act(TEXTS.security.addWords, { kind: "add-words" })}
        >
          {TEXTS.security.addWords}
        </button>
      </div>
      {passkeys ? null : <p className="muted small">{TEXTS.security.noPasskeys}</p>}
      <p className="muted small">{TEXTS.security.wordsLead}</p>
      {factors.some(({ kind }) => kind === "words") ? (
        <p className="muted small">{TEXTS.security.removeWordsLead}</p>
      ) : null}
      {change.isPending ? <Loading text={asked} /> : null}
    </div>
  );
}
