import { keyRingOf, type Profile } from "idos-client";
import { useEffect, useRef, useState } from "react";
import { Answered } from "../components/answered.tsx";
import { ConfirmWrite } from "../components/confirm-write.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { FirstCredential } from "../components/first-credential.tsx";
import { IssuerChoice } from "../components/issuer-choice.tsx";
import { OtherDraft, OtherKey } from "../components/other-draft.tsx";
import { Screen } from "../components/screen.tsx";
import { beginAnew, makeKeys, makeProfile } from "../queries/join.ts";
import { useAttributes, useCredentials, useWallets } from "../queries/person-query.ts";
import { useWrite } from "../queries/write.ts";
import { isDone, isNeeded, matchOf, nextStep, type Progress, STEPS, type Step } from "../rules/onboarding.ts";
import { useSetup } from "../session/config-context.tsx";
import { useEnclave } from "../session/enclave-context.tsx";
import { begunDraft, type Draft, dropDraft, keptDraft } from "../session/onboarding-draft.ts";
import { linkRecovery } from "../session/recovery-wallet.ts";
import { usePerson } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";
import "./onboarding.css";

/** From a wallet without a profile to one with keys and a first credential. Every step can be repeated. */
export function Onboarding({
  profile,
  onBegin,
  onDone,
}: {
  readonly profile: Profile | null;
  readonly onBegin: () => void;
  readonly onDone: () => void;
}) {
  const { wallet } = usePerson();
  const [draft, setDraft] = useState(() => keptDraft(wallet));
  const [fault, setFault] = useState<unknown>(undefined);
  const begin = (issuerUrl: string) => {
    try {
      setDraft(begunDraft(wallet, issuerUrl));
      onBegin();
    } catch (error) {
      setFault(error);
    }
  };
  const finish = () => {
    dropDraft(wallet);
    onDone();
  };
  const giveUp = () => {
    dropDraft(wallet);
    setDraft(undefined);
  };
  const match = draft === undefined || profile === null ? "own" : matchOf(draft, profile);
  return (
    <Screen title={TEXTS.onboarding.title} lead={TEXTS.onboarding.lead}>
      {draft === undefined ? (
        <>
          <Explain onBegin={begin} />
          {fault === undefined ? null : <ErrorNotice error={fault} />}
        </>
      ) : match === "other-profile" ? (
        <OtherDraft draft={draft} onDrop={finish} />
      ) : match === "other-key" ? (
        <OtherKey draft={draft} onErased={giveUp} onOwned={finish} />
      ) : (
        <>
          <Steps draft={draft} profile={profile} onChange={setDraft} onDone={finish} />
          {profile === null ? <Anew onAnew={() => setDraft(undefined)} /> : null}
        </>
      )}
    </Screen>
  );
}

/** A way out for who cannot go on with what was begun. */
function Anew({ onAnew }: { readonly onAnew: () => void }) {
  const access = useEnclave();
  const [isAsking, setAsking] = useState(false);
  return (
    <div>
      <button type="button" className="button" data-kind="quiet" onClick={() => setAsking(true)}>
        {TEXTS.onboarding.anew}
      </button>
      {isAsking ? (
        <ConfirmWrite
          title={TEXTS.onboarding.anewTitle}
          action={TEXTS.onboarding.anew}
          write={async (person) => {
            await beginAnew(access.open, person);
            onAnew();
          }}
          onClose={() => setAsking(false)}
        >
          <p>{TEXTS.onboarding.anewLead}</p>
        </ConfirmWrite>
      ) : null}
    </div>
  );
}

function Explain({ onBegin }: { readonly onBegin: (issuerUrl: string) => void }) {
  const { config } = useSetup();
  const [url, setUrl] = useState(config.issuers[0]?.url);
  return (
    <div className="stack">
      <ol className="explain">
        {TEXTS.onboarding.explain.map(([title, text]) => (
          <li key={title} className="card">
            <h2>{title}</h2>
            <p className="muted">{text}</p>
          </li>
        ))}
      </ol>
      {url === undefined ? (
        <p className="notice" data-tone="warn">
          {TEXTS.onboarding.noIssuers}
        </p>
      ) : (
        <div className="stack narrow">
          <IssuerChoice
            label={TEXTS.onboarding.issuer}
            issuers={config.issuers}
            url={url}
            onChoose={setUrl}
          />
          <div>
            <button type="button" className="button" data-kind="primary" onClick={() => onBegin(url)}>
              {TEXTS.onboarding.begin}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}

function Steps(given: {
  readonly draft: Draft;
  readonly profile: Profile | null;
  readonly onChange: (draft: Draft) => void;
  readonly onDone: () => void;
}) {
  const attributes = useAttributes();
  const wallets = useWallets();
  const credentials = useCredentials();
  return (
    <Answered query={attributes}>
      {(all) => (
        <Answered query={wallets}>
          {(linked) => (
            <Answered query={credentials}>
              {(issued) => {
                const { draft, profile } = given;
                const recovery = draft.keys?.recovery ?? null;
                const progress: Progress = {
                  hasKeys: draft.keys !== null,
                  hasProfile: profile !== null,
                  needsKeyRing: draft.keys !== null && draft.keys.keyRing !== null,
                  hasKeyRing: keyRingOf(all) !== undefined,
                  needsRecovery: recovery !== null,
                  hasRecovery: linked.some((it) => it.address === recovery?.publicKey),
                  hasCredential: issued.some((it) => !it.isCopy),
                };
                return <StepList {...given} progress={progress} />;
              }}
            </Answered>
          )}
        </Answered>
      )}
    </Answered>
  );
}

function StepList({
  draft,
  progress,
  onChange,
  onDone,
}: {
  readonly draft: Draft;
  readonly progress: Progress;
  readonly onChange: (draft: Draft) => void;
  readonly onDone: () => void;
}) {
  const access = useEnclave();
  const now = nextStep(progress);
  // One for all steps: what stopped on the way is said where the person has to go on.
  const action = useWrite(async (person, step: Step) => {
    if (step === "keys") {
      onChange(await makeKeys(await access.open(), person));
    } else if (step === "profile" || step === "key-ring") {
      await makeProfile(person);
    } else if (step === "recovery" && draft.keys !== null && draft.keys.recovery !== null) {
      await linkRecovery(person, draft.keys.recovery);
    }
  });
  // The button that was pressed goes away with its step: the focus goes on to the next one.
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(now);
  useEffect(() => {
    // So does that which began all of it.
    if (shown.current !== now || document.activeElement === document.body) {
      shown.current = now;
      heading.current?.focus();
    }
  }, [now]);
  return (
    <>
      <ol className="steps">
        {STEPS.filter((step) => isNeeded(step, progress)).map((step) => {
          const isOver = isDone(step, progress);
          const state = isOver ? "done" : step === now ? "now" : "later";
          const [title, text] = TEXTS.onboarding.steps[step];
          return (
            <li
              key={step}
              className="card step"
              data-state={state}
              aria-current={state === "now" ? "step" : undefined}
            >
              <div className="row">
                <h2 ref={state === "now" ? heading : undefined} tabIndex={-1}>
                  {title}
                </h2>
                <span className="badge" data-tone={isOver ? "good" : state === "now" ? "accent" : undefined}>
                  {TEXTS.onboarding[state]}
                </span>
              </div>
              <p className="muted">{text}</p>
              {state !== "now" ? null : step === "credential" ? (
                <CredentialStep draft={draft} onDone={onDone} />
              ) : (
                <EnclaveAction action={action} given={step} kind="primary" opensWindow={step === "keys"}>
                  {TEXTS.onboarding.doStep[step]}
                </EnclaveAction>
              )}
            </li>
          );
        })}
      </ol>
      {/* The issuer answered after all, to a page that did not wait for it any more. */}
      {now === undefined ? (
        <div>
          <button type="button" className="button" data-kind="primary" onClick={onDone}>
            {TEXTS.onboarding.open}
          </button>
        </div>
      ) : null}
    </>
  );
}

function CredentialStep({ draft, onDone }: { readonly draft: Draft; readonly onDone: () => void }) {
  const { userId, issuerUrl, keys } = draft;
  return (
    <div className="stack">
      {keys === null ? null : (
        <FirstCredential
          url={issuerUrl}
          keys={{ userId, encryptionPublicKey: keys.encryptionPublicKey }}
          onDone={onDone}
        />
      )}
      <div>
        <button type="button" className="button" data-kind="quiet" onClick={onDone}>
          {TEXTS.onboarding.skip}
        </button>
      </div>
    </div>
  );
}
