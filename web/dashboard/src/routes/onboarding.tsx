import type { Profile } from "idos-client";
import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { FirstCredential } from "../components/first-credential.tsx";
import { IssuerChoice } from "../components/issuer-choice.tsx";
import { Screen } from "../components/screen.tsx";
import { createProfile } from "../queries/issuer.ts";
import { useAttributes, useWallets } from "../queries/person-query.ts";
import { useWrite } from "../queries/write.ts";
import { keyRingOf } from "../rules/attributes.ts";
import { isDone, isNeeded, nextStep, type Progress, STEPS, type Step } from "../rules/onboarding.ts";
import { useSetup } from "../session/config-context.tsx";
import { useEnclave } from "../session/enclave-context.tsx";
import { storeKeyRing } from "../session/key-ring.ts";
import { type Draft, keepDraft, keptDraft } from "../session/onboarding-draft.ts";
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
  const person = usePerson();
  const [draft, setDraft] = useState(() => keptDraft(person.wallet));
  const change = (next: Draft) => {
    keepDraft(person.wallet, next);
    setDraft(next);
  };
  const begin = (issuerUrl: string) => {
    change({ issuerUrl, userId: crypto.randomUUID(), keys: null, isSettled: false });
    onBegin();
  };
  const finish = () => {
    keepDraft(person.wallet, undefined);
    onDone();
  };
  return (
    <Screen title={TEXTS.onboarding.title} lead={TEXTS.onboarding.lead}>
      {draft === undefined ? (
        <Explain onBegin={begin} />
      ) : (
        <Steps draft={draft} profile={profile} onChange={change} onDone={finish} />
      )}
    </Screen>
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
          <IssuerChoice issuers={config.issuers} url={url} onChoose={setUrl} />
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
  return (
    <Answered query={attributes}>
      {(all) => (
        <Answered query={wallets}>
          {(linked) => {
            const { draft, profile } = given;
            const recovery = draft.keys?.recovery ?? null;
            const progress: Progress = {
              hasKeys: draft.keys !== null,
              hasProfile: profile !== null,
              needsKeyRing: draft.keys !== null && draft.keys.keyRing !== null,
              hasKeyRing: keyRingOf(all) !== null,
              needsRecovery: recovery !== null,
              hasRecovery: linked.some((it) => it.address === recovery?.publicKey),
              isFirstCredentialSettled: draft.isSettled,
            };
            return <StepList {...given} progress={progress} />;
          }}
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
  const now = nextStep(progress);
  return (
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
              <h2>{title}</h2>
              <span className="badge" data-tone={isOver ? "good" : state === "now" ? "accent" : undefined}>
                {TEXTS.onboarding[state]}
              </span>
            </div>
            <p className="muted">{text}</p>
            {state === "now" ? (
              <StepAction step={step} draft={draft} onChange={onChange} onDone={onDone} />
            ) : null}
          </li>
        );
      })}
    </ol>
  );
}

function StepAction({
  step,
  draft,
  onChange,
  onDone,
}: {
  readonly step: Step;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly onDone: () => void;
}) {
  const access = useEnclave();
  const { userId, issuerUrl, keys } = draft;
  const action = useWrite(async (person) => {
    if (step === "keys") {
      const enclave = await access.open();
      onChange({ ...draft, keys: await enclave.create({ userId, compatible: false }) });
    } else if (step === "profile" && keys !== null) {
      const wallet = await person.signOwnership(userId);
      await createProfile(issuerUrl, { userId, encryptionPublicKey: keys.encryptionPublicKey }, wallet);
    } else if (step === "key-ring" && keys !== null && keys.keyRing !== null) {
      await storeKeyRing(person, keys.keyRing);
    } else if (step === "recovery" && keys !== null && keys.recovery !== null) {
      await linkRecovery(person, keys.recovery);
    }
  });
  if (step !== "credential") {
    return (
      <EnclaveAction action={action} given={undefined} kind="primary">
        {TEXTS.onboarding.doStep[step]}
      </EnclaveAction>
    );
  }
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
