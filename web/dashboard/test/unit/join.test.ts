// @vitest-environment happy-dom
// Two tabs, a stale draft, a browser that keeps nothing: no profile ever gets the ring of other keys.
import { WalletError } from "idos-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeKeys, makeProfile } from "../../src/queries/join.ts";
import { errorText } from "../../src/rules/error-text.ts";
import { begunDraft, dropDraft, keepDraft, keptDraft } from "../../src/session/onboarding-draft.ts";
import { isOwnKey } from "../../src/session/own-key.ts";
import { TEXTS } from "../../src/texts.ts";
import { withLocks } from "../support/locks.ts";
import { type FakePerson, fakePerson } from "../support/person.ts";
import { RING, ring } from "../support/ring.ts";

const KEYS = { encryptionPublicKey: "key", keyRing: RING, recovery: null };
const wallet = fakePerson().person.wallet;

beforeEach(() => {
  localStorage.clear();
  withLocks();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const enclave = (unlocked: string | null = null) => ({
  status: vi.fn(async () => ({ userId: unlocked, passkeys: true })),
  lock: vi.fn(async () => null),
  create: vi.fn(async () => KEYS),
});

/** An issuer that makes whatever profile it is asked for. */
function issuer({ has }: FakePerson, showsAfter = 0) {
  const asked = vi.fn(async (_url: string, init?: RequestInit) => {
    const { userId, encryptionPublicKey } = JSON.parse(String(init?.body));
    const show = () => {
      has.profile = { id: userId, encryptionPublicKey, passwordStore: "user" };
    };
    if (showsAfter === 0) {
      show();
    } else {
      setTimeout(show, showsAfter);
    }
    return new Response(JSON.stringify({ userId }), { status: 201 });
  });
  vi.stubGlobal("fetch", asked);
  return asked;
}

/** Somebody who has made keys here. */
function joining(keys: typeof KEYS | null = KEYS) {
  const draft = { ...begunDraft(wallet, "http://i"), keys };
  keepDraft(wallet, draft);
  return draft;
}

test("keys are made once for two tabs, whichever is first", async () => {
  begunDraft(wallet, "http://i");
  const [first, second] = [enclave(), enclave()];
  const made = await makeKeys(first, { wallet });
  expect(made.keys).toEqual(KEYS);
  expect(isOwnKey({ userId: made.userId, encryptionPublicKey: "key" })).toBe(true);
  expect(keptDraft(wallet)).toEqual(made);
  expect(await makeKeys(second, { wallet })).toEqual(made);
  expect(second.create).not.toHaveBeenCalled();
});

test("while one tab makes keys, another says so and makes none", async () => {
  begunDraft(wallet, "http://i");
  let done: (keys: typeof KEYS) => void = () => undefined;
  const slow = {
    ...enclave(),
    create: vi.fn(() => new Promise<typeof KEYS>((resolve) => (done = resolve))),
  };
  const making = makeKeys(slow, { wallet });
  const second = enclave();
  await expect(makeKeys(second, { wallet })).rejects.toThrow("another tab");
  await vi.waitFor(() => expect(slow.create).toHaveBeenCalledOnce());
  done(KEYS);
  await making;
  expect(second.create).not.toHaveBeenCalled();
});

test("keys that somebody left unlocked are locked first; one's own are not", async () => {
  const { userId } = begunDraft(wallet, "http://i");
  const own = enclave(userId);
  await makeKeys(own, { wallet });
  expect(own.lock).not.toHaveBeenCalled();
  dropDraft(wallet);
  begunDraft(wallet, "http://i");
  const others = enclave("somebody");
  await makeKeys(others, { wallet });
  expect(others.lock).toHaveBeenCalledBefore(others.create);
});

test("keys that this browser does not keep become no profile", async () => {
  begunDraft(wallet, "http://i");
  const { getItem } = localStorage;
  const full = () => {
    throw new DOMException("no", "QuotaExceededError");
  };
  vi.stubGlobal("localStorage", { getItem: getItem.bind(localStorage), setItem: full });
  await expect(makeKeys(enclave(), { wallet })).rejects.toThrow("lets the page keep nothing");
  const fake = fakePerson();
  const asked = issuer(fake);
  await expect(makeProfile(fake.person)).rejects.toThrow("no longer kept");
  expect(asked).not.toHaveBeenCalled();
});

test("the ring is stored at once after the profile was made", async () => {
  const { userId } = joining();
  const fake = fakePerson();
  const asked = issuer(fake);
  await makeProfile(fake.person);
  expect(asked).toHaveBeenCalledOnce();
  expect(fake.has.profile?.id).toBe(userId);
  expect(fake.attributes.map((it) => it.value)).toEqual([RING]);
});

test("who stopped between profile and ring goes on, without a second profile", async () => {
  const { userId } = joining();
  const profile = { id: userId, encryptionPublicKey: "key", passwordStore: "user" } as const;
  const fake = fakePerson({ profile });
  const asked = issuer(fake);
  await makeProfile(fake.person);
  expect(asked).not.toHaveBeenCalled();
  expect(fake.attributes.map((it) => it.value)).toEqual([RING]);
  await makeProfile(fake.person);
  expect(fake.writes).toEqual(["add"]);
});

test("a ring that is not signed after the profile was made does not pass for nothing", async () => {
  joining();
  const fake = fakePerson();
  issuer(fake);
  const { addAttribute } = fake.person;
  fake.person.addAttribute = () => Promise.reject(new WalletError("Rejected", "x"));
  const stopped = await makeProfile(fake.person).catch((error: unknown) => errorText(error));
  expect(stopped).toMatchObject({
    title: TEXTS.errors.wallet,
    detail: expect.stringContaining(TEXTS.errors.unfinished),
  });
  fake.person.addAttribute = addAttribute;
  await makeProfile(fake.person);
  expect(fake.attributes.map((it) => it.value)).toEqual([RING]);
});

test("a profile of other keys, or of another id, never gets the ring of the draft", async () => {
  const { userId } = joining();
  for (const [other, said] of [
    [{ id: userId, encryptionPublicKey: "other key" }, "not yours"],
    [{ id: "other", encryptionPublicKey: "key" }, "with other keys"],
  ] as const) {
    const fake = fakePerson({ profile: { ...other, passwordStore: "user" } });
    await expect(makeProfile(fake.person)).rejects.toThrow(said);
    expect(fake.writes).toEqual([]);
  }
});

test("an issuer that puts its own key into the profile gets no ring, and is found out", async () => {
  const { userId } = joining();
  const fake = fakePerson();
  vi.stubGlobal("fetch", async () => {
    fake.has.profile = { id: userId, encryptionPublicKey: "issuer's", passwordStore: "user" };
    return new Response("{}", { status: 201 });
  });
  await expect(makeProfile(fake.person)).rejects.toThrow(TEXTS.onboarding.otherKeyMade);
  expect(fake.writes).toEqual([]);
});

test("a ring that is there already stays", async () => {
  const { userId } = joining();
  const profile = { id: userId, encryptionPublicKey: "key", passwordStore: "user" } as const;
  const fake = fakePerson({ profile, keyRing: ring("newer") });
  await expect(makeProfile(fake.person)).rejects.toThrow("changed elsewhere");
  expect(fake.attributes.map((it) => it.value)).toEqual([ring("newer")]);
});

test("a node that is behind is asked again, and not for ever", async () => {
  vi.useFakeTimers();
  joining();
  const late = fakePerson();
  issuer(late, 1_200);
  const made = makeProfile(late.person);
  await vi.advanceTimersByTimeAsync(2_000);
  await made;
  expect(late.attributes).toHaveLength(1);
  const never = fakePerson();
  issuer(never, 60_000);
  const failed = expect(makeProfile(never.person)).rejects.toThrow("does not show it yet");
  await vi.advanceTimersByTimeAsync(10_000);
  await failed;
  expect(never.attributes).toHaveLength(0);
});
