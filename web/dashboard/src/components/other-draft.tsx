import { useState } from "react";
import { useHolder } from "../queries/holder.ts";
import { lockDraft } from "../queries/join.ts";
import { useWrite } from "../queries/write.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import type { Draft } from "../session/onboarding-draft.ts";
import { forgetOwnKey, unlockOwn } from "../session/own-key.ts";
import { TEXTS } from "../texts.ts";
import { ConfirmWrite } from "./confirm-write.tsx";
import { EnclaveAction } from "./enclave-action.tsx";

/** What was begun here is not the profile that the wallet has: it can only be dropped. */
export function OtherDraft({ draft, onDrop }: { readonly draft: Draft; readonly onDrop: () => void }) {
  const access = useEnclave();
  const drop = () => {
    access
      .open()
      .then((enclave) => lockDraft(enclave, draft))
      .catch(() => undefined);
    onDrop();
  };
  return (
    <div className="notice stack" data-tone="warn" role="alert">
      <div>
        <strong>{TEXTS.onboarding.otherDraft}</strong>
        <p>{TEXTS.onboarding.otherDraftLead}</p>
      </div>
      <div>
        <button type="button" className="button" data-kind="primary" onClick={drop}>
          {TEXTS.onboarding.drop}
        </button>
      </div>
    </div>
  );
}

/**
 * The profile of what was begun here has a key that was not made here. Whoever made the profile may read what is sealed
 * to it: it is erased, unless the person shows by unlocking that the key is theirs.
 */
export function OtherKey({
  draft,
  onErased,
  onOwned,
}: {
  readonly draft: Draft;
  readonly onErased: () => void;
  readonly onOwned: () => void;
}) {
  const access = useEnclave();
  const holder = useHolder();
  const [isAsking, setAsking] = useState(false);
  const unlock = useWrite(async () => {
    if (holder !== undefined) {
      const enclave = await access.open();
      await lockDraft(enclave, draft);
      await unlockOwn(enclave, holder);
      onOwned();
    }
  });
  return (
    <div className="stack">
      <div className="notice stack" data-tone="bad" role="alert">
        <div>
          <strong>{TEXTS.onboarding.otherKey}</strong>
          <p>{TEXTS.onboarding.otherKeyLead}</p>
        </div>
        <div>
          <button type="button" className="button" data-kind="danger" onClick={() => setAsking(true)}>
            {TEXTS.onboarding.eraseOther}
          </button>
        </div>
      </div>
      <p className="muted">{TEXTS.onboarding.replacedKey}</p>
      <EnclaveAction action={unlock} given={undefined} disabled={holder === undefined}>
        {TEXTS.onboarding.showOwn}
      </EnclaveAction>
      {isAsking ? (
        <ConfirmWrite
          title={TEXTS.onboarding.eraseOther}
          action={TEXTS.onboarding.eraseOther}
          write={async (person) => {
            await person.eraseProfile();
            forgetOwnKey(draft.userId);
            await access
              .open()
              .then((enclave) => lockDraft(enclave, draft))
              .catch(() => undefined);
            onErased();
          }}
          onClose={() => setAsking(false)}
        >
          <p>{TEXTS.onboarding.eraseOtherLead}</p>
        </ConfirmWrite>
      ) : null}
    </div>
  );
}
