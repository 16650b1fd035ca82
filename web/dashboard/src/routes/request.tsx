import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Profile } from "idos-client";
import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { Empty } from "../components/empty.tsx";
import { EnclaveAction } from "../components/enclave-action.tsx";
import { FirstCredential } from "../components/first-credential.tsx";
import { useIsHere } from "../components/here.ts";
import { IssuerChoice } from "../components/issuer-choice.tsx";
import { Screen } from "../components/screen.tsx";
import { useHolder } from "../queries/holder.ts";
import { useAttributes, useProfile } from "../queries/person-query.ts";
import { useSetup } from "../session/config-context.tsx";
import { useEnclave } from "../session/enclave-context.tsx";
import { isOwnKey, unlockOwn } from "../session/own-key.ts";
import { TEXTS } from "../texts.ts";

/** Requests another credential. */
export function RequestScreen() {
  const { config } = useSetup();
  const profile = useProfile();
  return (
    <Screen title={TEXTS.data.addFirst} lead={TEXTS.data.requestLead} isWithinData>
      {config.issuers.length === 0 ? (
        <Empty title={TEXTS.data.addFirst} lead={TEXTS.onboarding.noIssuers} />
      ) : (
        <Answered query={profile}>
          {(found) => (found === null ? null : <Request profile={found} />)}
        </Answered>
      )}
    </Screen>
  );
}

/** The request, once the key that issuers encrypt to is known to be the person's own. */
function Request({ profile }: { readonly profile: Profile }) {
  const { config } = useSetup();
  const navigate = useNavigate();
  const isHere = useIsHere();
  const leave = () => {
    if (isHere.current) {
      void navigate({ to: "/" });
    }
  };
  const attributes = useAttributes();
  const [url, setUrl] = useState(config.issuers[0]?.url ?? "");
  const keys = { userId: profile.id, encryptionPublicKey: profile.encryptionPublicKey };
  const [unlocked, setUnlocked] = useState<string | undefined>(undefined);
  return isOwnKey(keys) || unlocked === profile.encryptionPublicKey ? (
    <div className="stack">
      <IssuerChoice label={TEXTS.data.requestIssuer} issuers={config.issuers} url={url} onChoose={setUrl} />
      <FirstCredential url={url} keys={keys} onDone={leave} />
    </div>
  ) : (
    <Answered query={attributes}>{() => <UnlockFirst onUnlocked={setUnlocked} />}</Answered>
  );
}

function UnlockFirst({ onUnlocked }: { readonly onUnlocked: (encryptionPublicKey: string) => void }) {
  const access = useEnclave();
  const holder = useHolder();
  const unlock = useMutation({
    mutationFn: async () => {
      if (holder !== undefined) {
        await unlockOwn(await access.open(), holder);
        onUnlocked(holder.encryptionPublicKey);
      }
    },
  });
  return (
    <div className="stack">
      <p className="notice" data-tone="warn">
        {TEXTS.data.unlockFirst}
      </p>
      <EnclaveAction action={unlock} given={undefined} kind="primary" disabled={holder === undefined}>
        {TEXTS.data.unlock}
      </EnclaveAction>
    </div>
  );
}
