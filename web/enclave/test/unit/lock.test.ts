// Work that began before a lock ends with it: nothing is shared, shown or kept after that.
import { ed25519 } from "@noble/curves/ed25519.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import type { Party } from "idos-client";
import type { Serve } from "idos-client/enclave";
import { KeyRing, RecoveryWords, SecretKey, UserKey } from "idos-crypto";
import { afterEach, expect, test, vi } from "vitest";
import { Recovery } from "../../src/frame/recovery.ts";
import { sealAttribute } from "../../src/keys/attribute-value.ts";
import { PersonKeys } from "../../src/keys/person-keys.ts";
import type { Network } from "../../src/network/directory.ts";
import { rememberRevision } from "../../src/page/memory.ts";
import { TEXTS } from "../../src/texts.ts";
import { sealedFor, signed } from "../support/credentials.ts";
import { ADA, keysOf, PUBLIC_KEY } from "../support/keys.ts";
import { enclave, later } from "../support/service.ts";

const LOCKED = { reason: "Locked" };
const credential = sealedFor(PUBLIC_KEY.toBase64(), signed(ed25519.utils.randomSecretKey()));
const holder = { userId: ADA, encryptionPublicKey: PUBLIC_KEY.toBase64(), keyRing: null };
const recipient = { kind: "unlisted", grantee: "someone", encryptionPublicKey: PUBLIC_KEY.toBase64() };
const share = { credential, recipient, lockedUntil: 0, expiresAt: 0 };

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("without a lock a share goes on", async () => {
  const { service, windows } = await enclave(async () => null);
  await expect(service.serve("share", share)).resolves.toMatchObject({ grantee: "someone" });
  expect(windows.map(({ closed }) => closed)).toEqual([true]);
});

test.each<[string, object]>([
  ["share", share],
  [
    "filter",
    { credentials: [credential], conditions: [{ path: ["nationality"], is: "equal", value: "PT" }] },
  ],
  ["editAttribute", { id: ADA, key: "email", value: null }],
  ["export", { credentials: [credential], attributes: [], record: null }],
])("a lock closes the window of %s, and whatever it answers", async (method, argument) => {
  const [asked, ask] = later<void>();
  const [given, give] = later<unknown>();
  const { service, session, windows, locked } = await enclave(() => {
    ask();
    return given;
  });
  const outcome = expect(service.serve(method, argument)).rejects.toMatchObject(LOCKED);
  await asked;
  await session.lock();
  give({ value: "x" });
  await outcome;
  expect(windows.map(({ closed }) => closed)).toEqual([true]);
  expect(locked()).toBe(1);
});

test("nothing is shown after a lock, though it was being looked at before", async () => {
  const [parties, answer] = later<readonly Party[]>();
  const [asked, ask] = later<void>();
  const { service, session, stage } = await enclave(
    async () => null,
    () => {
      ask();
      return parties;
    },
  );
  const outcome = expect(service.serve("show", { credential })).rejects.toMatchObject(LOCKED);
  await asked;
  await session.lock();
  expect(stage.clear).toHaveBeenCalled();
  answer([]);
  await outcome;
  expect(stage.showCredential).not.toHaveBeenCalled();
});

test("a person who is being asked to unlock is not, once the page locks", async () => {
  const [asked, ask] = later<void>();
  const [given, give] = later<unknown>();
  const { service, session, windows } = await enclave(() => {
    ask();
    return given;
  });
  await service.serve("lock", null);
  const outcome = expect(service.serve("unlock", holder)).rejects.toMatchObject(LOCKED);
  await asked;
  await service.serve("lock", null);
  give({ keys: keysOf().expose(), idleMinutes: 15 });
  await outcome;
  expect(session.keys).toBeUndefined();
  expect(windows.map(({ closed }) => closed)).toEqual([true]);
});

test("a page that goes takes its window with it", async () => {
  const [asked, ask] = later<void>();
  const { service, windows, frame } = await enclave(() => {
    ask();
    return new Promise(() => undefined);
  });
  const outcome = expect(service.serve("share", share)).rejects.toMatchObject({ reason: "Declined" });
  await asked;
  frame.leave();
  expect(windows.map(({ closed }) => closed)).toEqual([true]);
  await outcome;
});

test("a window that is closed while the network is waited for holds nothing up, and is asked no more", async () => {
  const [parties, answer] = later<readonly Party[]>();
  const asked = vi.fn();
  const serve = vi.fn<Serve>(async () => null);
  const { service, windows } = await enclave(serve, () => {
    asked();
    return parties;
  });
  const outcome = expect(service.serve("share", share)).rejects.toMatchObject({ reason: "Declined" });
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  windows[0]?.close();
  await outcome;
  // The enclave is free for the next request, which asks nothing of the network.
  const edit = { id: ADA, key: "email", value: null };
  serve.mockResolvedValueOnce({ value: "ada@example.org" });
  await expect(service.serve("editAttribute", edit)).resolves.toMatchObject({ key: "email" });
  answer([]);
  await parties;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(serve.mock.calls.map(([method]) => method)).toEqual(["editAttribute"]);
});

test("a change whose window is closed while the network is waited for changes and stores nothing", async () => {
  const [network, answer] = later<Network>();
  const asked = vi.fn();
  const serve = vi.fn<Serve>(async () => null);
  const store = vi.fn();
  const { service, session, windows } = await enclave(serve, undefined, undefined, store, () => {
    asked();
    return network;
  });
  const before = session.keys;
  const change = { ...holder, change: { kind: "add-words" } };
  // Declined, not perhaps stored.
  const outcome = expect(service.serve("changeFactors", change)).rejects.toMatchObject({
    reason: "Declined",
  });
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  windows[0]?.close();
  await outcome;
  answer({ chainId: "1", party: async () => undefined, parties: async () => [] });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([serve.mock.calls, store.mock.calls]).toEqual([[], []]);
  expect(session.keys).toBe(before);
});

test("keys that are not of the one that the profile shows are not taken up after a change", async () => {
  const { service, session } = await enclave(async () => ({
    keys: { ...keysOf().expose(), bytes: new Uint8Array(32).fill(9) },
    idleMinutes: 15,
    keyRing: null,
    recovery: null,
  }));
  const before = session.keys;
  const change = { ...holder, change: { kind: "password" } };
  const wiped = vi.spyOn(PersonKeys.prototype, "wipe");
  await expect(service.serve("changeFactors", change)).rejects.toMatchObject({ reason: "KeyRing" });
  expect(session.keys).toBe(before);
  expect(wiped).toHaveBeenCalledTimes(1);
  expect(wiped.mock.contexts).not.toContain(before);
});

test.each([
  ["closed", "Declined"],
  ["locked", "Locked"],
])(
  "a window that is %s while a ring is being stored leaves it open whether that happened",
  async (how, otherwise) => {
    const [storing, store] = later<void>();
    const [asked, ask] = later<void>();
    const change = { ...holder, change: { kind: "add-words" } };
    const { service, session, frame, windows } = await enclave(
      () => {
        ask();
        return new Promise(() => undefined);
      },
      undefined,
      undefined,
      () => {
        store();
        return new Promise(() => undefined);
      },
    );
    const leave = () => (how === "closed" ? frame.leave() : session.lock());
    const changing = service.serve("changeFactors", change);
    const outcome = expect(changing).rejects.toMatchObject({
      message: TEXTS.change.siteFailed,
      reason: "Network",
    });
    await asked;
    void windows[0]?.channel?.ask("storeKeyRing", { keyRing: "ring", replaces: null }).catch(() => undefined);
    await storing;
    await leave();
    await outcome;
    // Before anything was to be stored, nothing was changed: also not by the window before.
    const declined = service.serve("changeFactors", change);
    const unchanged = expect(declined).rejects.toMatchObject({ reason: otherwise });
    await vi.waitFor(() => expect(windows).toHaveLength(2));
    await vi.waitFor(() => expect(windows[1]?.channel).toBeDefined());
    await leave();
    await unchanged;
  },
);

test("a lock in another tab closes the window of who is about to unlock here", async () => {
  const [asked, ask] = later<void>();
  const { service, session, windows, locked, lockElsewhere } = await enclave(() => {
    ask();
    return new Promise(() => undefined);
  });
  await session.lock();
  const outcome = expect(service.serve("unlock", holder)).rejects.toMatchObject(LOCKED);
  await asked;
  lockElsewhere();
  await outcome;
  expect(windows.map(({ closed }) => closed)).toEqual([true]);
  // The page was told of the first lock only: at the second there were no keys.
  expect(locked()).toBe(1);
});

/** Words that unlock whenever the test says so. */
function words() {
  const turns: (() => void)[] = [];
  const unlock = () =>
    new Promise((resolve) => {
      turns.push(() => resolve({ keys: SecretKey.fromBytes(new Uint8Array(32).fill(7)), revision: 0n }));
    });
  return { recovery: { unlock, end: () => undefined } as unknown as Recovery, turns };
}

/** A frame in which words are typed, one after the other; each answers the signer of their wallet. */
async function typing() {
  const all: string[] = [];
  const { service, session } = await enclave(async () => ({ words: all.shift() }));
  const type = async (words: RecoveryWords) => {
    all.push(words.expose());
    const { publicKey } = (await service.serve("recover", null)) as { publicKey: string };
    return publicKey;
  };
  /** Whether the wallet with this key signs. */
  const signs = async (publicKey: string | undefined, by = publicKey) => {
    const answer = await service.serve("signAsRecovery", { text: "x", publicKey }).catch((error) => error);
    const { signature } = answer as { signature?: string };
    return signature === undefined
      ? answer
      : ed25519.verify(hexToBytes(signature), new TextEncoder().encode("x"), hexToBytes(by ?? ""));
  };
  return { type, signs, service, session };
}

test("words that are typed to be linked do not take the place of those that let somebody in", async () => {
  const { type, signs, service } = await typing();
  const [one, two] = [await type(RecoveryWords.generate()), await type(RecoveryWords.generate())];
  expect(await signs(undefined, two)).toBe(true);
  expect([await signs(two), await signs(one)]).toEqual([true, true]);
  // Who signs without a name for it is whoever signed last.
  expect(await signs(undefined, one)).toBe(true);
  // Two are held: those that were used last.
  const three = await type(RecoveryWords.generate());
  expect([await signs(one), await signs(three)]).toEqual([true, true]);
  expect(await signs(two)).toMatchObject(LOCKED);
  expect(await signs("00".repeat(32))).toMatchObject(LOCKED);
  await expect(service.serve("signAsRecovery", { text: "x", publicKey: "0" })).rejects.toMatchObject({
    reason: "BadRequest",
  });
});

test("each of the words is held for its own ten minutes, and none after a lock", async () => {
  vi.useFakeTimers({ now: 0, toFake: ["Date", "setTimeout", "clearTimeout"] });
  try {
    const { type, signs, session } = await typing();
    const [early, late] = [RecoveryWords.generate(), RecoveryWords.generate()];
    const one = await type(early);
    vi.setSystemTime(6 * 60_000);
    const two = await type(late);
    vi.setSystemTime(10 * 60_000);
    expect(await signs(one)).toMatchObject(LOCKED);
    expect(await signs(two)).toBe(true);
    await type(early);
    await session.lock();
    expect([await signs(one), await signs(two), await signs(undefined)]).toMatchObject([
      LOCKED,
      LOCKED,
      LOCKED,
    ]);
  } finally {
    vi.useRealTimers();
  }
});

/** The clock alone: what sleeps runs no timers. */
function sleep(millis: number): void {
  vi.setSystemTime(Date.now() + millis);
}

test("what outlived its time while the machine slept ends when it is looked at", async () => {
  vi.useFakeTimers({ now: 0, toFake: ["Date", "setTimeout", "clearTimeout"] });
  try {
    const wiped = vi.spyOn(RecoveryWords.prototype, "wipe");
    const { type, service, session } = await typing();
    await type(RecoveryWords.generate());
    wiped.mockClear();
    sleep(10 * 60_000);
    service.endWhatIsDue();
    expect(wiped).toHaveBeenCalledTimes(1);
    expect(session.keys).toBeDefined();
  } finally {
    vi.useRealTimers();
  }
});

test("a credential that is shown, and a window, do not outlive the keys because the machine slept", async () => {
  vi.useFakeTimers({ now: 0, toFake: ["Date", "setTimeout", "clearTimeout"] });
  try {
    const [asked, ask] = later<void>();
    const { service, stage, windows, locked } = await enclave(() => {
      ask();
      return new Promise(() => undefined);
    });
    await service.serve("show", { credential });
    const outcome = expect(service.serve("share", share)).rejects.toMatchObject(LOCKED);
    await asked;
    stage.clear.mockClear();
    sleep(15 * 60_000);
    // The window that the person comes back to has it looked at.
    void windows[0]?.channel?.ask("look", null).catch(() => undefined);
    await outcome;
    expect(stage.clear).toHaveBeenCalled();
    expect([windows[0]?.closed, locked()]).toEqual([true, 1]);
  } finally {
    vi.useRealTimers();
  }
});

test("a window that is left alone is closed, though there are no keys to lock", async () => {
  vi.useFakeTimers({ now: 0, toFake: ["Date", "setTimeout", "clearTimeout"] });
  try {
    const [asked, ask] = later<void>();
    const { service, session, windows } = await enclave(() => {
      ask();
      return new Promise(() => undefined);
    });
    await session.lock();
    const outcome = expect(service.serve("create", { userId: ADA, compatible: false })).rejects.toMatchObject(
      { reason: "Locked" },
    );
    await asked;
    sleep(14 * 60_000);
    await windows[0]?.channel?.ask("touch", null);
    sleep(14 * 60_000);
    service.endWhatIsDue();
    expect(windows[0]?.closed).toBe(false);
    sleep(60_000);
    service.endWhatIsDue();
    expect(windows[0]?.closed).toBe(true);
    await outcome;
  } finally {
    vi.useRealTimers();
  }
});

test("what unlocks are the words of the profile, whichever were typed last", async () => {
  const recovery = new Recovery();
  const [mine, others] = [RecoveryWords.generate(), RecoveryWords.generate()];
  const { ring } = await KeyRing.create(ADA, UserKey.generate(), { kind: "words", words: mine });
  const holderOf = { userId: ADA, encryptionPublicKey: "", keyRing: ring.toBase64() };
  expect(await recovery.unlock(holderOf, 0n)).toBeUndefined();
  recovery.begin(mine.expose());
  recovery.begin(others.expose());
  expect((await recovery.unlock(holderOf, 0n))?.revision).toBe(ring.revision);
  recovery.end();
  recovery.begin(others.expose());
  expect(await recovery.unlock(holderOf, 0n)).toBeUndefined();
  recovery.end();
});

test("two requests at once that unlock by words do not take each other's keys", async () => {
  const { recovery, turns } = words();
  const { service, session } = await enclave(async () => null, undefined, recovery);
  await session.lock();
  const both = Promise.all([
    service.serve("show", { credential, holder }),
    service.serve("unlock", { ...holder }),
  ]);
  await vi.waitFor(() => expect(turns).toHaveLength(2));
  for (const turn of turns) {
    turn();
  }
  await expect(both).resolves.toMatchObject([null, { encryptionPublicKey: PUBLIC_KEY.toBase64() }]);
});

test("what is hidden while it is being looked at is not shown", async () => {
  const [parties, answer] = later<readonly Party[]>();
  const asked = vi.fn();
  const { service, stage } = await enclave(
    async () => null,
    () => {
      asked();
      return parties;
    },
  );
  const showing = service.serve("show", { credential });
  await vi.waitFor(() => expect(asked).toHaveBeenCalled());
  await service.serve("hide", null);
  answer([]);
  await expect(showing).resolves.toBeNull();
  expect(stage.showCredential).not.toHaveBeenCalled();
});

test("of two that are shown at once the later one stays, whichever the network answers first", async () => {
  const [first, answerFirst] = later<readonly Party[]>();
  const answers = [first, Promise.resolve([])];
  const { service, stage } = await enclave(
    async () => null,
    async () => answers.shift() ?? [],
  );
  const other = { ...credential, publicNotes: JSON.stringify({ type: "other" }) };
  const early = service.serve("show", { credential });
  await service.serve("show", { credential: other });
  answerFirst([]);
  await early;
  expect(stage.showCredential.mock.calls.map(([, notes]) => notes)).toEqual([other.publicNotes]);
  const late = service.serve("show", { credential });
  await service.serve("showAttributes", { attributes: [] });
  await late;
  expect(stage.showAttributes).toHaveBeenCalledTimes(1);
  expect(stage.showCredential).toHaveBeenCalledTimes(1);
});

test("an attribute that does not open does not keep the others from being shown", async () => {
  const { service, stage } = await enclave(async () => null);
  const good = { id: ADA, key: "email", value: sealAttribute(keysOf(), ADA, "email", "ada@example.org") };
  const bad = { id: ADA, key: "phoneNumber", value: "idos:box:nothing" };
  await service.serve("showAttributes", { attributes: [bad, good] });
  expect(stage.showAttributes).toHaveBeenCalledWith([
    ["phoneNumber", undefined],
    ["email", "ada@example.org"],
  ]);
  const none = service.serve("showAttributes", { attributes: [bad, bad] });
  await expect(none).rejects.toMatchObject({ reason: "Unreadable" });
  expect(stage.showAttributes).toHaveBeenCalledTimes(1);
});

test("a credential that nobody can open does not keep the others from being filtered", async () => {
  const { service } = await enclave(async () => null);
  const bad = { ...credential, id: crypto.randomUUID() };
  for (const encryptorPublicKey of ["", "no key", "AAAA"]) {
    const credentials = [{ ...bad, encryptorPublicKey }, credential];
    await expect(
      service.serve("filter", {
        credentials,
        conditions: [{ path: ["nationality"], is: "equal", value: "PT" }],
      }),
    ).resolves.toEqual({
      ids: [credential.id],
    });
  }
});

test("what the person does in a window keeps the keys awake; what the page asks does not", async () => {
  const [asked, ask] = later<void>();
  const [given, give] = later<unknown>();
  const { service, session, windows } = await enclave(() => {
    ask();
    return given;
  });
  const touched = vi.spyOn(session, "touch");
  await service.serve("show", { credential });
  await service.serve("status", null);
  const sharing = service.serve("share", share);
  await asked;
  expect(touched).not.toHaveBeenCalled();
  await expect(windows[0]?.channel?.ask("touch", null)).resolves.toBeNull();
  expect(touched).toHaveBeenCalledTimes(1);
  give(null);
  await sharing;
});

test("keys are not made anew for a profile whose ring was seen here, though it is unlocked", async () => {
  const serve = vi.fn<Serve>(async () => ({ keys: keysOf().expose(), idleMinutes: 15, keyRing: null }));
  const { service, windows } = await enclave(serve);
  rememberRevision(ADA, 1n);
  const created = service.serve("create", { userId: ADA, compatible: false });
  await expect(created).rejects.toMatchObject({ reason: "KeyRing", message: TEXTS.change.ringSeen });
  expect(windows).toEqual([]);
});
