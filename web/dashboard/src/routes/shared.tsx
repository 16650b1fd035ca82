import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { Done } from "../components/done.tsx";
import { Empty } from "../components/empty.tsx";
import { GrantItem } from "../components/grant-item.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { Screen } from "../components/screen.tsx";
import { useCredentials, useGrantsOwned, useParties } from "../queries/person-query.ts";
import { whatIsShared } from "../rules/names.ts";
import { TEXTS } from "../texts.ts";

/** Who may read what of the person. */
export function Shared() {
  const grants = useGrantsOwned();
  const credentials = useCredentials();
  const parties = useParties();
  const [said, setSaid] = useState<string | undefined>(undefined);
  return (
    <Screen title={TEXTS.shared.title} lead={TEXTS.shared.lead}>
      <Done text={said} />
      <Answered query={grants}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={TEXTS.shared.empty} lead={TEXTS.shared.emptyLead} />
          ) : (
            <ul className="list">
              {all.map((grant) => (
                <GrantItem
                  key={grant.id}
                  grant={grant}
                  what={whatIsShared(grant, credentials.data?.value)}
                  parties={parties.data?.value}
                  onDone={setSaid}
                />
              ))}
            </ul>
          )
        }
      </Answered>
      <ProofLine of={[grants.data, credentials.data, parties.data]} />
    </Screen>
  );
}
