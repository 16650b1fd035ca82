import type { AccessGrant } from "idos-client";
import { useState } from "react";
import { Answered } from "../components/answered.tsx";
import { AttributeCopy } from "../components/attribute-copy.tsx";
import { Done } from "../components/done.tsx";
import { Empty } from "../components/empty.tsx";
import { GrantItem } from "../components/grant-item.tsx";
import { Paged } from "../components/paged.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { Screen } from "../components/screen.tsx";
import { Search } from "../components/search.tsx";
import { useAttributes, useCredentials, useGrantsOwned, useParties } from "../queries/person-query.ts";
import { sharedAttributes } from "../rules/attributes.ts";
import { granteeName, whatIsShared } from "../rules/names.ts";
import { hasWords } from "../rules/search.ts";
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
            <Grants grants={all} onDone={setSaid} />
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

/** The grants, as far as a search finds them. */
function Grants({
  grants,
  onDone,
}: {
  readonly grants: readonly AccessGrant[];
  readonly onDone: (said: string) => void;
}) {
  const credentials = useCredentials().data?.value;
  const parties = useParties().data?.value;
  const [search, setSearch] = useState("");
  const found = grants
    .map((grant) => ({ grant, what: whatIsShared(grant, credentials) }))
    .filter(({ grant, what }) => hasWords(`${granteeName(grant.grantee, parties ?? [])}\n${what}`, search));
  return (
    <>
      <Search of={grants.length} hint={TEXTS.shared.searchHint} value={search} onChange={setSearch} />
      <p className="muted small" role="status">
        {found.length === 0 ? TEXTS.data.nothingFound : TEXTS.shared.count(found.length)}
      </p>
      <Paged key={search} items={found}>
        {(shown) => (
          <ul className="list">
            {shown.map(({ grant, what }) => (
              <GrantItem key={grant.id} grant={grant} what={what} parties={parties} onDone={onDone} />
            ))}
          </ul>
        )}
      </Paged>
    </>
  );
}
