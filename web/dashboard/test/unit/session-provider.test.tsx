// @vitest-environment happy-dom
// Whose session it is follows the account of the wallet, whenever that changes.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, waitFor, within } from "@testing-library/react";
import type { IdosClient, Signer } from "idos-client";
import { afterEach, expect, test, vi } from "vitest";
import { afterSignIns, hasAskedWallet } from "../../src/session/after-sign-ins.ts";
import { SetupContext } from "../../src/session/config-context.tsx";
import { type Session, useSession } from "../../src/session/session-context.tsx";
import { SessionProvider } from "../../src/session/session-provider.tsx";
import { keep, kept } from "../../src/session/storage.ts";
import { keepUnansweredGrant, unansweredGrant } from "../../src/session/unanswered-grants.ts";
import { PendingSignatures } from "../../src/session/watched-signer.ts";
import type { Connection, Connector, Standing } from "../../src/wallets/connector.ts";
import { rememberedWallet } from "../../src/wallets/remembered.ts";
import { CONFIG, CONNECTOR } from "../support/signed-in.tsx";

vi.mock("../../src/wallets/remembered.ts", async (original) => ({
  ...(await original<typeof import("../../src/wallets/remembered.ts")>()),
  rememberedWallet: vi.fn(async () => undefined),
}));

/** The wallet of the last time. */
const remember = (connector: Connector) =>
  vi.mocked(rememberedWallet).mockResolvedValueOnce({ connector, address: "0x1" });

afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
});

const SIGNER = {
  authType: "ed25519",
  sender: new Uint8Array(32),
  wallet: { type: "EVM", address: "0x1", publicKey: undefined },
  sign: () => new Promise<Uint8Array>(() => undefined),
} satisfies Signer;

const OTHER = { ...SIGNER, wallet: { ...SIGNER.wallet, address: "0xaa" } };

/** An issuer, as requests name it, and a write grant that it has not answered. */
const ISSUER = '["http://issuer.test","i","aa"]';
const UNANSWERED = {
  grant: {
    owner: "0x1",
    grantee: "i",
    issuerPublicKey: "aa",
    id: "g",
    accessGrantTimelock: "1970",
    notUsableBefore: "2026",
    notUsableAfter: "2027",
    signature: "ss",
  },
  usableUntil: Date.now() + 3_600_000,
};

/** A page with a wallet that tells what a test says of its account. */
function page({
  signIn = async () => undefined,
  signatures = new PendingSignatures(),
  signer: own = SIGNER,
}: {
  readonly signIn?: () => Promise<unknown>;
  readonly signatures?: PendingSignatures;
  readonly signer?: Signer;
} = {}) {
  const listeners = new Set<(standing: Standing) => void>();
  const onChange = (changed: (standing: Standing) => void) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  };
  const connector: Connector = { ...CONNECTOR, connect: async () => ({ signer: own, onChange }) };
  const signOut = vi.fn(async () => undefined);
  const person = vi.fn((signer: Signer) => ({ signer, wallet: signer.wallet, signIn, signOut }));
  const seen: { session: Session | undefined } = { session: undefined };
  const Probe = () => {
    seen.session = useSession();
    return <p data-testid="state">{seen.session.state.kind}</p>;
  };
  const { container } = render(
    <SetupContext value={{ config: CONFIG, client: { person } as unknown as IdosClient }}>
      <QueryClientProvider client={new QueryClient()}>
        <SessionProvider signatures={signatures}>
          <Probe />
        </SessionProvider>
      </QueryClientProvider>
    </SetupContext>,
  );
  const session = () => seen.session as Session;
  const tell = (standing: Standing) =>
    act(async () => {
      for (const listener of [...listeners]) {
        listener(standing);
      }
    });
  const state = () => within(container).getByTestId("state").textContent;
  const connect = () => act(() => session().connect(connector));
  return { session, tell, state, connect, connector, listeners, person, signOut };
}

test.each<Standing>(["allowed", "gone"])("a session ends when its account is %s", async (standing) => {
  const { tell, state, connect, listeners } = page();
  await connect();
  await tell("used");
  expect(state()).toBe("ready");
  await tell(standing);
  expect(state()).toBe("changed");
  expect(listeners.size).toBe(0);
});

test("who gives up while a node signs them in leaves no session there", async () => {
  let answer: () => void = () => undefined;
  const signing = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { session, state, connector, signOut } = page({ signIn: () => signing });
  let connecting: Promise<void> | undefined;
  await act(async () => {
    connecting = session().connect(connector);
  });
  await act(() => session().disconnect());
  expect([state(), signOut.mock.calls.length]).toEqual(["none", 0]);
  await act(async () => {
    answer();
    await connecting;
  });
  expect(signOut).toHaveBeenCalledOnce();
});

test("who gives up and begins again keeps the session of the second try", async () => {
  const answers: (() => void)[] = [];
  const signIn = () => new Promise<void>((resolve) => answers.push(resolve));
  const { session, state, connector, signOut } = page({ signIn });
  const tries: Promise<void>[] = [];
  const begin = () =>
    act(async () => {
      tries.push(session().connect(connector));
    });
  await begin();
  await act(() => session().disconnect());
  await begin();
  await act(async () => {
    for (const answer of answers.reverse()) {
      answer();
    }
    await Promise.all(tries);
  });
  expect([state(), signOut.mock.calls.length]).toEqual(["ready", 0]);
});

test("whose account changes is signed out where they were signed in", async () => {
  const { tell, connect, signOut } = page();
  await connect();
  expect(signOut).not.toHaveBeenCalled();
  await tell("gone");
  expect(signOut).toHaveBeenCalledOnce();
});

test("an account that changes while it signs in is not missed", async () => {
  let signIn: () => void = () => undefined;
  const signing = new Promise<void>((resolve) => {
    signIn = resolve;
  });
  const { session, tell, state, connector } = page({ signIn: () => signing });
  let connecting: Promise<void> | undefined;
  await act(async () => {
    connecting = session().connect(connector);
  });
  expect(state()).toBe("connecting");
  await tell("gone");
  expect(state()).toBe("changed");
  await act(async () => {
    signIn();
    await connecting;
  });
  expect(state()).toBe("changed");
});

test.each<[string, (here: ReturnType<typeof page>) => Promise<unknown>]>([
  ["leaves", ({ session }) => act(() => session().disconnect())],
  ["has another account", ({ tell }) => tell("gone")],
  ["connects anew", ({ connect }) => connect()],
])("of the wallet of who %s nothing is awaited any more", async (_, go) => {
  const signatures = new PendingSignatures();
  const here = page({ signatures });
  await here.connect();
  const signer = here.person.mock.calls[0]?.[0];
  const signing = expect(signer?.sign("x")).rejects.toMatchObject({ reason: "GivenUp" });
  expect(signatures.current()).toHaveLength(1);
  await go(here);
  await signing;
  expect(signatures.current()).toEqual([]);
  await expect(signer?.sign("y")).rejects.toMatchObject({ reason: "GivenUp" });
});

test.each<[string, (here: ReturnType<typeof page>) => Promise<unknown>]>([
  ["leaves", ({ session }) => act(() => session().disconnect())],
  ["has another account", ({ tell }) => tell("gone")],
])("who %s leaves no write grant in the tab", async (_, go) => {
  const here = page();
  keepUnansweredGrant(SIGNER.wallet, ISSUER, UNANSWERED);
  await here.connect();
  expect(unansweredGrant(SIGNER.wallet, ISSUER)).toEqual(UNANSWERED);
  await go(here);
  expect(unansweredGrant(SIGNER.wallet, ISSUER)).toBeUndefined();
});

test("who leaves in another tab leaves no write grant in one that is only being loaded, and others stay", async () => {
  remember({ ...CONNECTOR, resume: () => new Promise<Connection>(() => undefined) });
  const { state } = page();
  await waitFor(() => expect(state()).toBe("connecting"));
  keepUnansweredGrant(SIGNER.wallet, ISSUER, UNANSWERED);
  keepUnansweredGrant(OTHER.wallet, ISSUER, UNANSWERED);
  const tab = new BroadcastChannel("idos-leaving");
  for (const said of [undefined, { type: "EVM" }, { type: "EVM", address: "0XAA" }]) {
    tab.postMessage(said);
  }
  await waitFor(() => expect(unansweredGrant(OTHER.wallet, ISSUER)).toBeUndefined());
  tab.close();
  expect(unansweredGrant(SIGNER.wallet, ISSUER)).toEqual(UNANSWERED);
});

test("who comes in finds no write grant of another wallet in the tab, and none that is over", async () => {
  keepUnansweredGrant(SIGNER.wallet, ISSUER, UNANSWERED);
  keepUnansweredGrant(SIGNER.wallet, "another", { ...UNANSWERED, usableUntil: Date.now() - 1 });
  keepUnansweredGrant(OTHER.wallet, ISSUER, UNANSWERED);
  await page().connect();
  const left = Object.values(kept("idos-write-grants", () => sessionStorage) ?? {});
  expect(left).toEqual([UNANSWERED]);
  expect(unansweredGrant(SIGNER.wallet, ISSUER)).toEqual(UNANSWERED);
});

test("who comes back is asked nothing: the wallet says who they are", async () => {
  const signIn = vi.fn(async () => undefined);
  const connect = vi.fn(() => new Promise<Connection>(() => undefined));
  const resume = vi.fn(async () => ({ signer: SIGNER }));
  remember({ ...CONNECTOR, connect, resume });
  const { state } = page({ signIn });
  await waitFor(() => expect(state()).toBe("ready"));
  expect(resume).toHaveBeenCalledWith("0x1");
  expect([connect.mock.calls, signIn.mock.calls]).toEqual([[], []]);
});

test.each<[string, Connector["resume"]]>([
  ["cannot tell who they are", undefined],
  ["does not", () => Promise.reject(new Error("locked"))],
])("whose wallet %s chooses again", async (_, resume) => {
  const connect = vi.fn(() => new Promise<Connection>(() => undefined));
  remember({ ...CONNECTOR, connect, ...(resume === undefined ? {} : { resume }) });
  const { state } = page();
  await act(async () => undefined);
  expect(state()).toBe("none");
  expect(connect).not.toHaveBeenCalled();
});

test("who gives up while the wallet does not answer is out, also if it answers later", async () => {
  let answer: (connection: Connection) => void = () => undefined;
  const onChange = vi.fn(() => () => undefined);
  const { session, state, person } = page();
  const connect = () =>
    new Promise<Connection>((resolve) => {
      answer = resolve;
    });
  await act(async () => {
    void session().connect({ ...CONNECTOR, connect });
  });
  expect(state()).toBe("connecting");
  keep("idos-wallet", "before");
  await act(() => session().disconnect());
  expect(kept("idos-wallet")).toBeUndefined();
  await act(async () => answer({ signer: SIGNER, onChange }));
  expect(state()).toBe("none");
  expect([person.mock.calls, onChange.mock.calls]).toEqual([[], []]);
});

test("what another wallet signs is announced like what the session's own does", async () => {
  const signatures = new PendingSignatures();
  const { session } = page({ signatures });
  const { signer, end } = session().watched(SIGNER);
  signer.sign("of another wallet").catch(() => undefined);
  expect(signatures.current().map(({ text }) => text)).toEqual(["of another wallet"]);
  end();
});

test("who fails to sign in is not listened to any more", async () => {
  const { state, connect, listeners } = page({ signIn: () => Promise.reject(new Error("no")) });
  await connect();
  expect(state()).toBe("failed");
  expect(listeners.size).toBe(0);
});

test("while it is held a session outlives changes, and ends at last only if its account is gone", async () => {
  const { session, tell, state, connect } = page();
  await connect();
  const release = [session().hold(), session().hold()];
  await tell("gone");
  await act(async () => release[0]?.());
  expect(state()).toBe("ready");
  await tell("allowed");
  await act(async () => release[1]?.());
  expect(state()).toBe("ready");

  const again = session().hold();
  await tell("gone");
  expect(state()).toBe("ready");
  await act(async () => again());
  expect(state()).toBe("changed");
});

test("what was held ends no session that began afterwards", async () => {
  const { session, tell, state, connect } = page();
  await connect();
  const release = session().hold();
  await tell("gone");
  await connect();
  await act(async () => release());
  expect(state()).toBe("ready");
});

test("who leaves one tab leaves the others that have their wallet, and no other wallet's", async () => {
  const [one, two, three] = [page(), page(), page({ signer: OTHER })];
  for (const { connect } of [one, two, three]) {
    await connect();
  }
  const signing = expect(two.person.mock.calls[0]?.[0].sign("x")).rejects.toMatchObject({
    reason: "GivenUp",
  });
  await act(() => one.session().disconnect());
  await waitFor(() => expect(two.state()).toBe("none"));
  await signing;
  expect([one.state(), three.state()]).toEqual(["none", "ready"]);
  // What the nodes have is ended by who left.
  expect([one, two, three].map(({ signOut }) => signOut.mock.calls.length)).toEqual([1, 0, 0]);
});

test("a tab that comes back to a wallet while another one leaves it does not come back", async () => {
  const one = page();
  await one.connect();
  let answer: (reached: Connection) => void = () => undefined;
  const resume = () =>
    new Promise<Connection>((resolve) => {
      answer = resolve;
    });
  remember({ ...CONNECTOR, resume });
  const two = page();
  await waitFor(() => expect(two.state()).toBe("connecting"));
  const heard = new BroadcastChannel("idos-leaving");
  const left = new Promise((resolve) => {
    heard.onmessage = resolve;
  });
  await act(() => one.session().disconnect());
  await left;
  heard.close();
  await act(async () => answer({ signer: SIGNER }));
  await waitFor(() => expect(two.state()).toBe("none"));
  expect(kept("idos-wallet")).toBeUndefined();
});

test("a tab knows that who was in came by recovery words, until they leave", async () => {
  const state = () => {
    cleanup();
    return page().session().state;
  };
  const { session, connector } = page();
  await act(() => session().connect({ ...connector, id: undefined }));
  expect(state()).toEqual({ kind: "none", wasByWords: true });
  const { session: again } = page();
  await act(() => again().disconnect());
  expect(state()).toEqual({ kind: "none", wasByWords: false });
});

test("a tab that another one signs out forgets that who was in came by recovery words", async () => {
  const two = page();
  await act(() => two.session().connect({ ...two.connector, id: undefined }));
  expect(kept("idos-by-words", () => sessionStorage)).toBe(true);
  const tab = new BroadcastChannel("idos-leaving");
  tab.postMessage({ type: "EVM", address: "0x1" });
  await waitFor(() => expect(two.state()).toBe("none"));
  tab.close();
  expect(kept("idos-by-words", () => sessionStorage)).toBeUndefined();
});

test("that its wallet was asked to sign in is remembered of a read that fails", async () => {
  const here = page({ signer: { ...SIGNER, sign: async () => new Uint8Array(64) } });
  await here.connect();
  const signer = here.person.mock.calls[0]?.[0];
  const failing = async (text: string) => {
    const error = new Error(text);
    const read = async () => {
      await signer?.sign(text);
      throw error;
    };
    await expect(afterSignIns(read)).rejects.toBe(error);
    return hasAskedWallet(error);
  };
  expect(await failing("n.test wants you to sign in with your account:\n0x1")).toBe(true);
  expect(await failing("something else")).toBe(false);
});
