// One request is one credential, however often its answer is lost.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { signAndRequest } from "../../src/queries/request-credential.ts";
import { IssuerError } from "../../src/rules/error-text.ts";
import type { Subject } from "../../src/rules/subject.ts";
import { forgetUnansweredGrants } from "../../src/session/unanswered-grants.ts";
import { fakePerson } from "../support/person.ts";

const ISSUER = {
  url: "http://issuer.test",
  info: { name: "Sample", partyId: "p", grantee: "i", issuerPublicKey: "aa", selfAsserted: true },
};
const KEYS = { userId: "u", encryptionPublicKey: "key" };
const SUBJECT = { firstName: "Ada" } as Subject;

/** What the issuer was asked, and how it answers from now on. */
const bodies: string[] = [];
let answer: () => Promise<Response>;
const status = (code: number) => async () => new Response('{"title":"no"}', { status: code });

beforeEach(() => {
  bodies.length = 0;
  vi.stubGlobal("fetch", (_: string, init?: RequestInit) => {
    bodies.push(String(init?.body));
    return Promise.race([answer(), ended(init?.signal)]);
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Rejects once nobody waits any more. */
const ended = (signal: AbortSignal | null | undefined) =>
  new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

const TERMS = {
  owner: "0x1",
  grantee: "i",
  issuerPublicKey: "aa",
  accessGrantTimelock: "1970",
  notUsableBefore: "2026",
  notUsableAfter: "2027",
  signature: "ss",
};

function somebody() {
  let count = 0;
  const signWriteGrant = vi.fn(async () => {
    count += 1;
    return { ...TERMS, id: `grant ${count}` };
  });
  const person = Object.assign(fakePerson().person, { signWriteGrant });
  const request = (subject = SUBJECT, issuer = ISSUER) => signAndRequest(person, issuer, KEYS, subject);
  return { request, signWriteGrant };
}

test.each([
  ["nothing", () => Promise.reject(new TypeError("offline"))],
  ["a gateway's error", status(502)],
  ["that it is too busy", status(429)],
  ["no JSON", async () => new Response("<html>")],
])("after %s the same body is sent again, and nothing is signed", async (_, lost) => {
  const { request, signWriteGrant } = somebody();
  answer = lost;
  await expect(request()).rejects.toThrow(IssuerError);
  answer = status(201);
  await request();
  expect(signWriteGrant).toHaveBeenCalledOnce();
  expect(bodies[1]).toBe(bodies[0]);
  // It is answered by now: what is asked next is another credential.
  await request();
  expect(signWriteGrant).toHaveBeenCalledTimes(2);
});

test("what was changed meanwhile is asked by the same grant, which is good for one credential", async () => {
  const { request, signWriteGrant } = somebody();
  answer = status(503);
  await expect(request()).rejects.toThrow();
  answer = status(201);
  await request({ ...SUBJECT, firstName: "Augusta" });
  expect(signWriteGrant).toHaveBeenCalledOnce();
  expect(bodies[1]).toContain("Augusta");
});

test("a grant that was refused, is over, or is another issuer's is not used again", async () => {
  const { request, signWriteGrant } = somebody();
  answer = status(409);
  await expect(request()).rejects.toThrow();
  answer = status(503);
  await expect(request()).rejects.toThrow();
  expect(signWriteGrant).toHaveBeenCalledTimes(2);
  await expect(request(SUBJECT, { ...ISSUER, url: "http://other.test" })).rejects.toThrow();
  expect(signWriteGrant).toHaveBeenCalledTimes(3);
  vi.useFakeTimers({ now: Date.now() + 4 * 3_600_000, toFake: ["Date"] });
  answer = status(201);
  await request();
  expect(signWriteGrant).toHaveBeenCalledTimes(4);
});

/** What a tab keeps while it is open. */
function withTab() {
  const items = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => items.set(name, value),
    removeItem: (name: string) => items.delete(name),
  });
  return items;
}

test("a page that is loaded again asks by the same grant, until that is answered", async () => {
  withTab();
  answer = status(503);
  await expect(somebody().request()).rejects.toThrow();
  const again = somebody();
  answer = status(201);
  await again.request();
  expect(again.signWriteGrant).not.toHaveBeenCalled();
  expect(bodies[1]).toBe(bodies[0]);
  const other = somebody();
  await other.request();
  expect(other.signWriteGrant).toHaveBeenCalledOnce();
});

test("who leaves leaves no grant behind, and what was changed by hand is none", async () => {
  const items = withTab();
  answer = status(503);
  await expect(somebody().request()).rejects.toThrow();
  for (const spoil of [
    forgetUnansweredGrants,
    () => items.forEach((text, name) => items.set(name, text.replace('"signature":"ss"', '"signature":1'))),
  ]) {
    spoil();
    const later = somebody();
    await expect(later.request()).rejects.toThrow();
    expect(later.signWriteGrant).toHaveBeenCalledOnce();
  }
});

test("what is over does not stay in the tab, though nothing is signed in its place", async () => {
  const items = withTab();
  const { request, signWriteGrant } = somebody();
  answer = status(503);
  await expect(request()).rejects.toThrow();
  expect(items.size).toBe(1);
  vi.useFakeTimers({ now: Date.now() + 4 * 3_600_000, toFake: ["Date"] });
  signWriteGrant.mockRejectedValueOnce(new Error("not signed"));
  await expect(request()).rejects.toThrow("not signed");
  expect(items.size).toBe(0);
});

test("an issuer that never answers is not waited for without end", async () => {
  const patience = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(patience.signal);
  answer = () => new Promise(() => undefined);
  const { request } = somebody();
  const refused = expect(request()).rejects.toThrow("the issuer does not answer: try again later");
  await vi.waitFor(() => expect(bodies).toHaveLength(1));
  patience.abort();
  await refused;
});
