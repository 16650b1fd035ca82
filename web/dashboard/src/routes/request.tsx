import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { Empty } from "../components/empty.tsx";
import { FirstCredential } from "../components/first-credential.tsx";
import { IssuerChoice } from "../components/issuer-choice.tsx";
import { Screen } from "../components/screen.tsx";
import { useProfile } from "../queries/person-query.ts";
import { useSetup } from "../session/config-context.tsx";
import { TEXTS } from "../texts.ts";

/** Requests another credential. */
export function RequestScreen() {
  const { config } = useSetup();
  const profile = useProfile();
  const navigate = useNavigate();
  const [url, setUrl] = useState(config.issuers[0]?.url);
  return (
    <Screen title={TEXTS.data.addFirst} lead={TEXTS.data.emptyLead}>
      {url === undefined ? (
        <Empty title={TEXTS.data.addFirst} lead={TEXTS.onboarding.noIssuers} />
      ) : (
        <Answered query={profile}>
          {(found) =>
            found === null ? null : (
              <div className="stack">
                <IssuerChoice issuers={config.issuers} url={url} onChoose={setUrl} />
                <FirstCredential
                  url={url}
                  keys={{ userId: found.id, encryptionPublicKey: found.encryptionPublicKey }}
                  onDone={() => void navigate({ to: "/" })}
                />
              </div>
            )
          }
        </Answered>
      )}
    </Screen>
  );
}
