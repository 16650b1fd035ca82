import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Answered } from "../components/answered.tsx";
import { Loading } from "../components/loading.tsx";
import { Recovered } from "../components/recovered.tsx";
import { Screen } from "../components/screen.tsx";
import { ThemeChoice } from "../components/theme-choice.tsx";
import { UnseenFailures } from "../components/unseen-failures.tsx";
import icon from "../icon.svg";
import { useProfile } from "../queries/person-query.ts";
import { shortAddress } from "../rules/wallets.ts";
import { useSetup } from "../session/config-context.tsx";
import { keptDraft } from "../session/onboarding-draft.ts";
import { usePerson, useSession } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";
import { Connect } from "./connect.tsx";

const Onboarding = lazy(async () => ({ default: (await import("./onboarding.tsx")).Onboarding }));

/** What surrounds every screen; who is not signed in, or has no profile, gets there first. */
export function Root() {
  const { state } = useSession();
  return state.kind === "ready" ? <Inside /> : <Bare>{<Connect />}</Bare>;
}

function Inside() {
  const person = usePerson();
  const profile = useProfile();
  const [isJoining, setJoining] = useState(() => keptDraft(person.wallet) !== undefined);
  return (
    <>
      {profile.data !== undefined && profile.data.value !== null && !isJoining ? (
        <Shell />
      ) : (
        <Bare>
          {profile.data === undefined ? (
            <Screen title={TEXTS.opening}>
              <Answered query={profile}>{() => null}</Answered>
            </Screen>
          ) : (
            <Answered query={profile}>
              {(found) => (
                <Suspense fallback={<Loading />}>
                  <Onboarding
                    profile={found}
                    onBegin={() => setJoining(true)}
                    onDone={() => setJoining(false)}
                  />
                </Suspense>
              )}
            </Answered>
          )}
        </Bare>
      )}
      <UnseenFailures />
    </>
  );
}

function Brand() {
  return (
    <span className="brand">
      <img src={icon} alt="" />
      {TEXTS.product}
    </span>
  );
}

/** By which wallet somebody is here. */
function Who() {
  const { state } = useSession();
  const { address } = usePerson().wallet;
  return (
    <p className="small">
      {state.kind === "ready" ? <strong>{state.connector.name}</strong> : null}
      <br />
      <span className="mono" title={address}>
        {shortAddress(address)}
      </span>
    </p>
  );
}

function Bare({ children }: { readonly children: React.ReactNode }) {
  const { config } = useSetup();
  const { state, disconnect } = useSession();
  return (
    <div className="bare">
      <header className="bare-head">
        <Brand />
        <div className="row">
          {config.development ? (
            <span className="badge" data-tone="warn">
              {TEXTS.development}
            </span>
          ) : null}
          {state.kind === "ready" ? <Who /> : null}
          {state.kind === "ready" ? (
            <button type="button" className="button" onClick={() => void disconnect()}>
              {TEXTS.disconnect}
            </button>
          ) : null}
          <ThemeChoice />
        </div>
      </header>
      <main id="content">{children}</main>
    </div>
  );
}

const PLACES = [
  ["/", TEXTS.nav.data],
  ["/shared", TEXTS.nav.shared],
  ["/received", TEXTS.nav.received],
  ["/attributes", TEXTS.nav.attributes],
] as const;
const KEEPING = [
  ["/wallets", TEXTS.nav.wallets],
  ["/security", TEXTS.nav.security],
  ["/export", TEXTS.nav.export],
  ["/erase", TEXTS.nav.erase],
] as const;

function Shell() {
  const { config } = useSetup();
  const { disconnect } = useSession();
  const [openAt, setOpenAt] = useState<string | undefined>(undefined);
  // The menu belongs to the place where it was opened: going elsewhere closes it.
  const { href } = useLocation();
  const isOpen = openAt === href;
  const menu = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const close = ({ key }: KeyboardEvent) => {
      if (isOpen && key === "Escape") {
        setOpenAt(undefined);
        menu.current?.focus();
      }
    };
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [isOpen]);
  return (
    <>
      <a className="skip button" href="#content">
        {TEXTS.skip}
      </a>
      <div className="shell">
        <div className="top">
          <Brand />
          <button
            ref={menu}
            type="button"
            className="button"
            aria-expanded={isOpen}
            aria-controls="side"
            onClick={() => setOpenAt(isOpen ? undefined : href)}
          >
            {TEXTS.menu}
          </button>
        </div>
        <header className="side" id="side" data-open={isOpen}>
          <Brand />
          <nav aria-label={TEXTS.nav.label}>
            <Places of={PLACES} />
            <div className="nav-apart">
              <Places of={KEEPING} />
            </div>
          </nav>
          <div className="side-foot stack">
            {config.development ? (
              <p className="small">
                <span className="badge" data-tone="warn">
                  {TEXTS.development}
                </span>
              </p>
            ) : null}
            <div className="small">
              <p className="muted">{TEXTS.connectedAs}</p>
              <Who />
            </div>
            <ThemeChoice />
            <button type="button" className="button" onClick={() => void disconnect()}>
              {TEXTS.disconnect}
            </button>
          </div>
        </header>
        <main className="main" id="content" tabIndex={-1}>
          <Recovered />
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
    </>
  );
}

/** Places in no menu, that belong to the first one. */
const WITHIN_DATA = /^\/(credentials|request)\b/;

function Places({ of }: { readonly of: typeof PLACES | typeof KEEPING }) {
  const { pathname } = useLocation();
  return (
    <ul className="nav">
      {of.map(([to, name]) => (
        <li key={to}>
          <Link
            to={to}
            activeOptions={{ exact: to === "/" }}
            aria-current={to === "/" && WITHIN_DATA.test(pathname) ? "true" : undefined}
          >
            {name}
          </Link>
        </li>
      ))}
    </ul>
  );
}
