import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { AttributeCopy } from "../components/attribute-copy.tsx";
import { Done } from "../components/done.tsx";
import { Empty } from "../components/empty.tsx";
import { GrantItem } from "../components/grant-item.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { Screen } from "../components/screen.tsx";
import { useAttributes, useCredentials, useGrantsOwned, useParties } from "../queries/person-query.ts";
import { sharedAttributes } from "../rules/attributes.ts";
import { whatIsShared } from "../rules/names.ts";
import { TEXTS } from "../texts.ts";

/** Who may read what of the person. */
export function Shared() {
  const grants = useGrantsOwned();
  const credentials = useCredentials();
  const parties = useParties();
  const attributes = useAttributes();
  const copies = attributes.data === undefined ? undefined : sharedAttributes(attributes.data.value);
  const [said, setSaid] = useState<string | undefined>(undefined);
  return (
    <Screen title={TEXTS.shared.title} lead={TEXTS.shared.lead}>
      <Done text={said} />
      <Answered query={grants}>
        {(all) =>
          all.length === 0 ? (
            copies?.length === 0 ? (
              <Empty title={TEXTS.shared.empty} lead={TEXTS.shared.emptyLead} />
            ) : null
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
      <Answered query={attributes} isSaid={grants.isPending || grants.isError}>
        {() =>
          copies === undefined || copies.length === 0 ? null : (
            <section className="section" aria-labelledby="copies">
              <h2 id="copies">{TEXTS.shared.copies}</h2>
              <ul className="list">
                {copies.map(({ copy, name }) => (
                  <AttributeCopy key={copy.id} copy={copy} name={name} onDone={setSaid} />
                ))}
              </ul>
            </section>
          )
        }
      </Answered>
      <ProofLine of={[grants.data, credentials.data, parties.data, attributes.data]} />
    </Screen>
  );
}
