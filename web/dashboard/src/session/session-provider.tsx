import { useQueryClient } from "@tanstack/react-query";
import type { Person, Signer } from "idos-client";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isSameAccount, type ToldAccount } from "../rules/wallets.ts";
import type { Connection, Connector } from "../wallets/connector.ts";
import {
  forgetByWords,
  forgetWallet,
  rememberedWallet,
  rememberWallet,
  wasByWords,
} from "../wallets/remembered.ts";
import { noteSigning } from "./after-sign-ins.ts";
import { useSetup } from "./config-context.tsx";
import { type Erased, SessionContext, type SessionState } from "./session-context.tsx";
import { asObject } from "./storage.ts";
import {
  forgetUnansweredGrants,
  forgetUnansweredGrantsOf,
  forgetUnansweredGrantsOfOthers,
} from "./unanswered-grants.ts";
import type { PendingSignatures } from "./watched-signer.ts";

/** On which the tabs of this browser tell each other who left. */
const LEAVING = "idos-leaving";

/** Keeps who is signed in, and comes back to the last wallet when the page is loaded again, if that takes no question. */
export function SessionProvider({
  signatures,
  children,
}: {
  readonly signatures: PendingSignatures;
  readonly children: ReactNode;
}) {
  const { client, config } = useSetup();
  const queries = useQueryClient();
  const [state, setState] = useState<SessionState>(() => ({ kind: "none", wasByWords: wasByWords() }));
  /** Ends what the attempt, or the session, has of its wallet: it is neither listened to nor waited for any more. */
  const release = useRef<(() => void) | undefined>(undefined);
  /** Counts attempts: an older one that ends late changes nothing. */
  const attempt = useRef(0);
  /** Whether somebody is signed in here, or about to be. */
  const isTaken = useRef(false);
  /** How many hold the session, and what they keep from happening. */
  const holds = useRef(0);
  const held = useRef<(() => void) | undefined>(undefined);
  /** Whose leaving other tabs told of since the attempt began. */
  const gone = useRef<ToldAccount[]>([]);

  const letGo = useCallback(() => {
    release.current?.();
    release.current = undefined;
  }, []);

  const begin = useCallback(
    async (connector: Connector, reach: () => Promise<Connection>, isReturn: boolean) => {
      attempt.current += 1;
      const mine = attempt.current;
      const isMine = () => attempt.current === mine;
      isTaken.current = true;
      gone.current = [];
      letGo();
      setState({ kind: "connecting", connector });
      let person: Person | undefined;
      const leave = () => {
        if (isMine()) {
          attempt.current += 1;
          isTaken.current = false;
          letGo();
          queries.clear();
          forgetUnansweredGrants();
          setState({ kind: "changed", connector });
          // Its sessions at nodes are nobody's any more who sits here.
          void person?.signOut().catch(() => undefined);
        }
      };
      try {
        const { signer, onChange } = await reach();
        if (!isMine()) {
          return;
        }
        const watched = signatures.watched({
          ...signer,
          sign: async (text) => {
            noteSigning(text);
            const signature = await signer.sign(text);
            // The wallet has the account, whatever it told before: it is asked rarely.
            held.current = undefined;
            return signature;
          },
        });
        // From here on: who changes the account while this one signs in is not to be missed.
        const unwatch = onChange?.((standing) => {
          if (holds.current > 0) {
            held.current = standing === "gone" ? leave : undefined;
          } else if (standing !== "used") {
            leave();
          }
        });
        release.current = () => {
          unwatch?.();
          watched.end();
        };
        person = client.person(watched.signer);
        // Who comes back may still have a session: nodes ask for a signature if not.
        if (!isReturn) {
          await person.signIn();
        }
        if (!isMine()) {
          // Who gave up while the node was answering has a session that nobody wants; who began again wants it.
          if (!isTaken.current) {
            void person.signOut().catch(() => undefined);
          }
          return;
        }
        if (isReturn && gone.current.some((leaving) => isSameAccount(leaving, signer.wallet))) {
          isTaken.current = false;
          letGo();
          setState({ kind: "none" });
          return;
        }
        queries.clear();
        // Whoever was here before may not have left: the page was loaded again, and then another wallet was chosen.
        forgetUnansweredGrantsOfOthers(signer.wallet);
        rememberWallet({ connector, address: signer.wallet.address });
        setState({ kind: "ready", connector, person });
      } catch (error) {
        if (isMine()) {
          isTaken.current = false;
          letGo();
          // Who did not ask for anything is told of no failure: they choose again.
          setState(isReturn ? { kind: "none" } : { kind: "failed", connector, error });
        }
      }
    },
    [client, queries, signatures, letGo],
  );

  const hold = useCallback(() => {
    holds.current += 1;
    return () => {
      holds.current -= 1;
      if (holds.current === 0) {
        held.current?.();
        held.current = undefined;
      }
    };
  }, []);

  const connect = useCallback(
    (connector: Connector) => begin(connector, () => connector.connect(), false),
    [begin],
  );

  /** The half of leaving that each tab does by itself. */
  const leaveHere = useCallback(
    (erased?: Erased) => {
      attempt.current += 1;
      isTaken.current = false;
      letGo();
      setState({ kind: "none", erased });
      queries.clear();
      forgetUnansweredGrants();
      forgetByWords();
    },
    [queries, letGo],
  );

  const here = useRef(state);
  here.current = state;
  const tabs = useRef<BroadcastChannel | undefined>(undefined);
  useEffect(() => {
    const channel = new BroadcastChannel(LEAVING);
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      const { type, address } = asObject(data) ?? {};
      if (typeof type !== "string" || typeof address !== "string") {
        return;
      }
      const leaving = { type, address };
      gone.current.push(leaving);
      // Also if nobody is signed in here, or not yet: what a tab keeps outlives its page.
      forgetUnansweredGrantsOf(leaving);
      if (here.current.kind === "ready" && isSameAccount(leaving, here.current.person.wallet)) {
        leaveHere();
      }
    };
    tabs.current = channel;
    return () => channel.close();
  }, [leaveHere]);

  const disconnect = useCallback(
    async (erased?: Erased) => {
      leaveHere(erased);
      forgetWallet();
      if (state.kind === "ready") {
        // Who leaves a browser to others leaves all of its tabs.
        const { type, address } = state.person.wallet;
        tabs.current?.postMessage({ type, address });
        // A node that does not answer keeps nobody here: the session ends by itself within the hour.
        await state.person.signOut().catch(() => undefined);
      }
    },
    [leaveHere, state],
  );

  useEffect(() => {
    let isGone = false;
    void rememberedWallet(config.development).then((last) => {
      const resume = last?.connector.resume;
      if (last !== undefined && resume !== undefined && !isGone && attempt.current === 0) {
        void begin(last.connector, () => resume(last.address), true);
      }
    });
    return () => {
      isGone = true;
    };
  }, [begin, config.development]);

  const watched = useCallback((signer: Signer) => signatures.watched(signer), [signatures]);

  const session = useMemo(
    () => ({ state, connect, disconnect, hold, watched }),
    [state, connect, disconnect, hold, watched],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}
