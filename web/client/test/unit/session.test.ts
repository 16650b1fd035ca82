// Sessions: when a person is asked to sign in, and who ends what.
import { expect, test, vi } from "vitest";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { bytesToHex } from "../../src/bytes/bytes.ts";
import { Network } from "../../src/client/network.ts";
import { Session } from "../../src/client/session.ts";
import type { Fetch } from "../../src/nodes/node.ts";
import { NodeError } from "../../src/nodes/node-error.ts";
import { Nodes } from "../../src/nodes/nodes.ts";
import { ping, type Reply, replying, urls } from "../support/replies.ts";

const signer = ed25519Signer(new Uint8Array(32).fill(1));
/** So many seconds after a moment, as nodes write it. */
const dateAfter = (moment: number, seconds: number) =>
  new Date(moment + 1_000 * seconds).toISOString().replace(/\.\d+Z$/, "Z");

/** What a node wants signed, so many seconds after it was issued. */
function parameters(url: string, issuedBefore = 0): object {
  const domain = new URL(url).origin;
  // Both after the same moment: a second may pass between two looks at the clock.
  const now = Date.now();
  return {
    domain,
    uri: `${domain}/rpc/v1`,
    version: "1",
    chain_id: "c",
    nonce: "n",
    statement: "Sign in to idOS. This costs nothing and changes nothing.",
    issue_at: dateAfter(now, -issuedBefore),
    expiration_time: dateAfter(now, 3_600 - issuedBefore),
  };
}

test("one signature signs in who asks many things at once, and no more often than nodes ask", async () => {
  let signed = 0;
  let isSignedIn = false;
  let issuedBefore = 0;
  const counting = {
    ...signer,
    sign: async (text: string) => {
      signed += 1;
      return signer.sign(text);
    },
  };
  const { fetch } = replying({
    "a.test": (method, _, url) => {
      if (method === "kgw.authn_param") {
        return parameters(url, issuedBefore);
      }
      isSignedIn ||= method === "kgw.authn";
      return isSignedIn ? {} : { error: { code: -901, message: "sign in" } };
    },
  });
  const nodes = new Nodes({ urls: ["https://a.test"], fetch });
  const session = new Session(new Network("c", nodes, undefined, 0), counting);
  await Promise.all([1, 2, 3].map(() => session.read(() => ping(nodes))));
  expect(signed).toBe(1);
  isSignedIn = false;
  vi.useFakeTimers({ now: Date.now() + 6 * 60_000, toFake: ["Date"] });
  issuedBefore = 6 * 60;
  await expect(session.read(() => ping(nodes))).rejects.toMatchObject({ fault: "clock" });
  vi.useRealTimers();
  issuedBefore = 0;
  await session.read(() => ping(nodes));
  expect(signed).toBe(2);
  // Refused with the session of before, and answered with the one that somebody else waited for meanwhile.
  let asked = 0;
  const late = async () => {
    asked += 1;
    if (asked === 1) {
      await session.signIn();
      throw new NodeError("NotSignedIn", "https://a.test", "sign in");
    }
  };
  await session.read(late);
  expect([asked, signed]).toEqual([2, 3]);
});

test("who signs out is signed out at every node, and is told of one that does not answer", async () => {
  const accounts: unknown[] = [];
  const out: Reply = (_, params) => {
    accounts.push(params["account"]);
    return {};
  };
  const [both, one] = [{ "a.test": out, "b.test": out }, { "a.test": out }].map(replying);
  const session = (fetch: Fetch) =>
    new Session(new Network("c", new Nodes({ urls, fetch }), undefined, 0), signer);
  await session(both?.fetch as Fetch).signOut();
  expect(both?.asked).toEqual(["a.test kgw.logout", "b.test kgw.logout"]);
  expect(accounts).toEqual([bytesToHex(signer.sender), bytesToHex(signer.sender)]);
  // In a browser nobody can see at which of them there is a session.
  await expect(session(one?.fetch as Fetch).signOut()).rejects.toMatchObject({
    name: "NoAnswerError",
    fault: "network",
    message: expect.stringContaining("a session may go on"),
    causes: [{ url: "https://b.test" }],
  });
});

test("a session that is kept here counts on all nodes: one of them ends it", async () => {
  const { fetch, asked } = replying({
    "a.test": (method) => {
      const headers = { "set-cookie": method === "kgw.logout" ? "kgw_session=" : "kgw_session=token" };
      return new Response(JSON.stringify({ jsonrpc: "2.0", id: asked.length, result: {} }), { headers });
    },
  });
  const nodes = new Nodes({ urls, fetch });
  await ping(nodes);
  expect(nodes.keepsSession).toBe(true);
  await new Session(new Network("c", nodes, undefined, 0), signer).signOut();
  expect(asked).toEqual(["a.test user.ping", "a.test kgw.logout"]);
  expect(nodes.keepsSession).toBe(false);
});

test("who signed in at a node that gives no session, or fails, signs in at another the next time", async () => {
  const asksToSignIn = { error: { code: -901, message: "sign in" } };
  for (const authn of [{}, { error: { code: -904, message: "no" } }, undefined]) {
    let isSignedIn = false;
    const { fetch, asked } = replying({
      "a.test": (method, _, url) => {
        if (method === "kgw.authn_param") {
          return parameters(url);
        }
        return method === "kgw.authn" ? authn : asksToSignIn;
      },
      "b.test": (method, _, url) => {
        if (method === "kgw.authn_param") {
          return parameters(url);
        }
        isSignedIn ||= method === "kgw.authn";
        return isSignedIn ? {} : asksToSignIn;
      },
    });
    const nodes = new Nodes({ urls, fetch });
    const session = new Session(new Network("c", nodes, undefined, 0), signer);
    await expect(session.read(() => ping(nodes))).rejects.toThrow();
    await session.read(() => ping(nodes));
    expect(asked.filter((it) => it.endsWith("kgw.authn"))).toEqual(["a.test kgw.authn", "b.test kgw.authn"]);
  }
});
