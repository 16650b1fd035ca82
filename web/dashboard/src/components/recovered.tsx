import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useEnclaveStatus } from "../queries/enclave-status.ts";
import { useHolder } from "../queries/holder.ts";
import { useEnclave } from "../session/enclave-context.tsx";
import { unlockOwn } from "../session/own-key.ts";
import { useSession } from "../session/session-context.tsx";
import { TEXTS } from "../texts.ts";

/** Milliseconds for which recovery words sign. */
const WORDS_MILLIS = 600_000;
/** Milliseconds between two looks at the clock: a timer stands still while the machine sleeps. */
const LOOK_MILLIS = 5_000;

/** For who came in by recovery words: how long that lasts, and what to do before it ends. */
export function Recovered() {
  const { state } = useSession();
  return state.kind === "ready" && state.connector.id === undefined ? <ByWords /> : null;
}

function ByWords() {
  useUnlocked();
  const isOver = useIsOver();
  return (
    <section className="notice stack" data-tone="warn" aria-label={TEXTS.connect.recoveryName}>
      <p>{isOver ? TEXTS.connect.byWordsOver : TEXTS.connect.byWords}</p>
      {isOver ? null : (
        <div>
          <Link to="/wallets" className="button">
            {TEXTS.connect.byWordsAction}
          </Link>
        </div>
      )}
    </section>
  );
}

/** Whether the words that let somebody in when this came into the page sign no more. */
function useIsOver(): boolean {
  const [since] = useState(Date.now);
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => setIsOver(Date.now() - since >= WORDS_MILLIS), LOOK_MILLIS);
    return () => clearInterval(timer);
  }, [since]);
  return isOver;
}

/**
 * Unlocks the keys by the words that were just typed, which takes no window. The enclave would open data by them in any
 * case: so it is shown as unlocked, and can be locked.
 */
function useUnlocked(): void {
  const access = useEnclave();
  const holder = useHolder();
  const { refresh } = useEnclaveStatus();
  const isTried = useRef(false);
  useEffect(() => {
    if (holder !== undefined && !isTried.current) {
      isTried.current = true;
      access
        .open()
        .then((enclave) => unlockOwn(enclave, holder))
        .then(refresh)
        // They may be words that open nothing any more: whoever opens something is asked for another way.
        .catch(() => undefined);
    }
  }, [access, holder, refresh]);
}
