import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { Answered } from "../components/answered.tsx";
import { CredentialCard } from "../components/credential-card.tsx";
import { Done } from "../components/done.tsx";
import { Empty } from "../components/empty.tsx";
import { ErrorNotice } from "../components/error-notice.tsx";
import { useKeptFault } from "../components/kept-fault.ts";
import { Paged } from "../components/paged.tsx";
import { ProofLine } from "../components/proof-line.tsx";
import { Reminders } from "../components/reminders.tsx";
import { Screen } from "../components/screen.tsx";
import { Search } from "../components/search.tsx";
import { useCredentials, useGrantsOwned, useParties } from "../queries/person-query.ts";
import { grantCounts } from "../rules/locks.ts";
import { markAmong } from "../rules/names.ts";
import { successorOf } from "../rules/renewal.ts";
import { isFoundBy } from "../rules/search.ts";
import { isSameAccount } from "../rules/wallets.ts";
import { usePerson } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";

/** The credentials of the person. */
export function MyData() {
  const credentials = useCredentials();
  const grants = useGrantsOwned();
  const parties = useParties();
  const [every, given] = [credentials.data?.value, grants.data?.value];
  const counts = useMemo(
    () => (every === undefined || given === undefined ? undefined : grantCounts(every, given)),
    [every, given],
  );
  const grantsFault = useKeptFault(grants);
  const [search, setSearch] = useState("");
  const isDeleted = useIsDeleted();
  const request = (
    <Link to="/request" className="button">
      {TEXTS.data.addFirst}
    </Link>
  );
  return (
    <Screen title={TEXTS.data.title} lead={TEXTS.data.lead} actions={request}>
      <Done text={isDeleted ? TEXTS.credential.deleted : undefined} />
      <Answered query={credentials}>
        {(all) => {
          const originals = all.filter((it) => !it.isCopy);
          const owned = grants.data?.value;
          const found = originals.filter((it) => isFoundBy(it, search, new Date()));
          return originals.length === 0 ? (
            <Empty title={TEXTS.data.empty} lead={TEXTS.data.emptyLead}>
              <Link to="/request" className="button" data-kind="primary">
                {TEXTS.data.addFirst}
              </Link>
            </Empty>
          ) : (
            <>
              {grantsFault !== null && !credentials.isError ? (
                <ErrorNotice
                  error={grantsFault}
                  isRead
                  isTrying={grants.isFetching}
                  note={owned === undefined ? undefined : TEXTS.notFresh}
                  onRetry={() => void grants.refetch()}
                />
              ) : null}
              {owned === undefined ? null : (
                <Reminders credentials={all} grants={owned} parties={parties.data?.value ?? []} />
              )}
              <Search
                of={originals.length}
                hint={TEXTS.data.searchHint}
                value={search}
                onChange={setSearch}
              />
              <p className="muted small" role="status">
                {found.length === 0 ? TEXTS.data.nothingFound : TEXTS.data.count(found.length)}
              </p>
              <Paged key={search} items={found}>
                {(shown) => (
                  <div className="grid">
                    {shown.map((it) => (
                      <CredentialCard
                        key={it.id}
                        credential={it}
                        mark={markAmong(it, all)}
                        sharedWith={counts === undefined ? undefined : (counts.get(it.id) ?? 0)}
                        isReplaced={successorOf(it, all) !== undefined}
                      />
                    ))}
                  </div>
                )}
              </Paged>
            </>
          );
        }}
      </Answered>
      <ProofLine of={[credentials.data, grants.data]} />
    </Screen>
  );
}

/**
 * Whether the person comes from a credential that they deleted. It is said once: who comes back to this place, or loads
 * it again, deleted nothing just now.
 */
function useIsDeleted(): boolean {
  const { wallet } = usePerson();
  const { deletedBy } = useLocation().state;
  const navigate = useNavigate();
  const [isDeleted] = useState(deletedBy !== undefined && isSameAccount(deletedBy, wallet));
  useEffect(() => {
    if (deletedBy !== undefined) {
      void navigate({ to: "/", replace: true, state: {} });
    }
  }, [deletedBy, navigate]);
  return isDeleted;
}
