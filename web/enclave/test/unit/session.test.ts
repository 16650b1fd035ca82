// What is unlocked, over reloads and tabs: a lock is the last word.
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Session, type Siblings, siblingsOf } from "../../src/frame/session.ts";
import { Vault } from "../../src/frame/vault.ts";
import { ADA, EVE, keysOf, PUBLIC_KEY } from "../support/keys.ts";
import { TestStorage } from "../support/storage.ts";

const HOUR = 3_600_000;
let origins = 0;

beforeEach(() => {
  vi.stubGlobal("localStorage", new TestStorage());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Another storage for each test. */
function newOrigin(): string {
  origins += 1;
  return `https://page-${origins}.example`;
}

const unlocked = (userId = ADA) => ({
  keys: keysOf(userId),
  idleMillis: HOUR,
  idleAt: Date.now() + HOUR,
  endsAt: Date.now() + 8 * HOUR,
});

/** The asking origins of which something is in the storage, of those given. */
async function stored(origins: readonly string[]): Promise<readonly string[]> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open("idos-enclave", 1);
    request.onsuccess = () => resolve(request.result);
  });
  const keys = await new Promise<readonly IDBValidKey[]>((resolve) => {
    const request = database.transaction("unlocked").objectStore("unlocked").getAllKeys();
    request.onsuccess = () => resolve(request.result);
  });
  database.close();
  return origins.filter((origin) => keys.includes(origin));
}

/** Tabs of one asking origin: what one says the others hear. */
function tabs() {
  const all: Siblings[] = [];
  return (): Siblings => {
    const one: Siblings = {
      onmessage: null,
      postMessage: (data) => {
        for (const other of all.filter((it) => it !== one)) {
          (other as BroadcastChannel).onmessage?.({ data: structuredClone(data) } as MessageEvent);
        }
      },
    };
    all.push(one);
    return one;
  };
}

test("a reload goes on with what was unlocked, until its time", async () => {
  const origin = newOrigin();
  await new Vault(origin).save(unlocked());
  const loaded = await new Vault(origin).load(Date.now());
  expect(loaded?.keys.publicKey().equals(PUBLIC_KEY)).toBe(true);
  expect(await new Vault(newOrigin()).load(Date.now())).toBeUndefined();
  expect(await new Vault(origin).load(Date.now() + HOUR)).toBeUndefined();
  // That it was late has deleted it.
  expect(await new Vault(origin).load(Date.now())).toBeUndefined();
});

test("what ended, or was locked, while no page was open is deleted when any page of the storage opens", async () => {
  const [idle, ended, locked, live] = [newOrigin(), newOrigin(), newOrigin(), newOrigin()];
  const origins = [idle, ended, locked, live];
  await new Vault(idle).save({ ...unlocked(), idleAt: Date.now() - 1 });
  await new Vault(ended).save({ ...unlocked(), endsAt: Date.now() - 1 });
  await new Vault(locked).save(unlocked());
  localStorage.removeItem(`idos-enclave:live:${locked}`);
  await new Vault(live).save(unlocked());
  expect(await stored(origins)).toEqual(origins);
  await Session.resumed(new Vault(newOrigin()), tabs()(), () => undefined);
  expect(await stored(origins)).toEqual([live]);
  expect((await new Vault(live).load(Date.now()))?.keys.userId).toBe(ADA);
});

test("what was cleared does not come back by work that began before", async () => {
  const origin = newOrigin();
  const vault = new Vault(origin);
  const began = [vault.save(unlocked()), vault.touch(ADA, Date.now() + HOUR), vault.clear()];
  await Promise.all(began);
  expect(await vault.load(Date.now())).toBeUndefined();
});

test("another tab that clears between the steps of a touch has the last word", async () => {
  const origin = newOrigin();
  const [one, other] = [new Vault(origin), new Vault(origin)];
  for (let round = 0; round < 20; round++) {
    await one.save(unlocked());
    await Promise.all([one.touch(ADA, Date.now() + HOUR), other.clear()]);
    expect(await one.load(Date.now())).toBeUndefined();
  }
});

test("touching is for the person whose keys are stored, by the time that they chose", async () => {
  const vault = new Vault(newOrigin());
  const stored = unlocked(EVE);
  await vault.save(stored);
  const later = Date.now() + 60_000;
  await vault.touch(ADA, later);
  expect((await vault.load(Date.now()))?.idleAt).toBe(stored.idleAt);
  await vault.touch(EVE, later);
  expect((await vault.load(Date.now()))?.idleAt).toBe(later + HOUR);
  // What is over does not begin anew.
  await vault.touch(EVE, later + HOUR);
  expect((await vault.load(Date.now()))?.idleAt).toBe(later + HOUR);
});

test("a lock is the last word though nothing could be deleted any more", async () => {
  const origin = newOrigin();
  const session = await Session.resumed(new Vault(origin), tabs()(), () => undefined);
  await session.unlock(keysOf(), 15);
  const gone = vi.spyOn(IDBObjectStore.prototype, "delete").mockImplementation(() => {
    throw new DOMException("the document is gone", "InvalidStateError");
  });
  const decrypted = vi.spyOn(crypto.subtle, "decrypt");
  const locking = session.lock();
  // Another tab that loads at this very moment.
  expect(await new Vault(origin).load(Date.now())).toBeUndefined();
  await locking;
  expect(await new Vault(origin).load(Date.now())).toBeUndefined();
  expect(decrypted).not.toHaveBeenCalled();
  gone.mockRestore();
  // What does not count is deleted as soon as somebody sees it.
  await new Vault(origin).load(Date.now());
  const deleted = vi.spyOn(IDBObjectStore.prototype, "delete");
  await new Vault(origin).load(Date.now());
  expect(deleted).not.toHaveBeenCalled();
});

test("keys that another tab locks while they are being decrypted are not taken up", async () => {
  const origin = newOrigin();
  await new Vault(origin).save(unlocked());
  const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, "decrypt").mockImplementation(async (...given) => {
    const plaintext = await decrypt(...given);
    void new Vault(origin).clear();
    return plaintext;
  });
  expect(await new Vault(origin).load(Date.now())).toBeUndefined();
});

test("what one tab lets go is not what another one stored since", async () => {
  const origin = newOrigin();
  const [one, other] = [new Vault(origin), new Vault(origin)];
  await one.save(unlocked(ADA));
  await other.save(unlocked(EVE));
  await one.clearOwn();
  expect((await new Vault(origin).load(Date.now()))?.keys.userId).toBe(EVE);
  await other.clearOwn();
  expect(await new Vault(origin).load(Date.now())).toBeUndefined();
});

test("where no mark can be kept, no keys are", async () => {
  const origin = newOrigin();
  const storage = new TestStorage();
  vi.stubGlobal("localStorage", storage);
  await new Vault(origin).save(unlocked(ADA));
  const refuse = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  vi.spyOn(storage, "setItem").mockImplementation(refuse);
  const put = vi.spyOn(IDBObjectStore.prototype, "put");
  const deleted = vi.spyOn(IDBObjectStore.prototype, "delete");
  await new Vault(origin).save(unlocked(EVE));
  expect(put).not.toHaveBeenCalled();
  expect(deleted).toHaveBeenCalledTimes(1);
  // Nor do those count any more that were kept before.
  expect(await new Vault(origin).load(Date.now())).toBeUndefined();

  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  const session = await Session.resumed(new Vault(origin), tabs()(), () => undefined);
  await session.unlock(keysOf(), 15);
  expect(session.keys).toBeDefined();
  await session.lock();
  expect(session.keys).toBeUndefined();
  expect(put).not.toHaveBeenCalled();
});

test("keys that cannot be stored are unlocked nevertheless, until the frame goes", async () => {
  const origin = newOrigin();
  await new Vault(origin).save(unlocked(EVE));
  vi.spyOn(crypto.subtle, "encrypt").mockRejectedValue(new DOMException("no", "OperationError"));
  const session = await Session.resumed(new Vault(newOrigin()), tabs()(), () => undefined);
  await session.unlock(keysOf(), 15);
  expect(session.keys?.userId).toBe(ADA);
  await new Vault(origin).save(unlocked(ADA));
  expect(await new Vault(origin).load(Date.now())).toBeUndefined();
});

test("no copy of the keys is left by storing them", async () => {
  const given: Uint8Array[] = [];
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle);
  vi.spyOn(crypto.subtle, "encrypt").mockImplementation((algorithm, key, data) => {
    given.push(data as Uint8Array);
    return encrypt(algorithm, key, data);
  });
  await new Vault(newOrigin()).save(unlocked());
  expect(given).toEqual([new Uint8Array(32)]);
});

test("where tabs may not hear of each other, each is by itself", async () => {
  vi.stubGlobal(
    "BroadcastChannel",
    class {
      constructor() {
        throw new DOMException("The operation is insecure.", "SecurityError");
      }
    },
  );
  const origin = newOrigin();
  const session = await Session.resumed(new Vault(origin), siblingsOf(origin), () => undefined);
  await session.unlock(keysOf(), 15);
  await session.touch();
  expect(session.keys).toBeDefined();
  await session.lock();
  expect(session.keys).toBeUndefined();
});

test("keys that are locked while they are stored stay locked", async () => {
  const origin = newOrigin();
  const locked = vi.fn();
  const session = await Session.resumed(new Vault(origin), tabs()(), locked);
  const unlocking = expect(session.unlock(keysOf(), 15)).rejects.toMatchObject({ reason: "Locked" });
  expect(session.keys).toBeDefined();
  await session.lock();
  await unlocking;
  expect(session.keys).toBeUndefined();
  expect(locked).toHaveBeenCalledTimes(1);
  expect(await new Vault(origin).load(Date.now())).toBeUndefined();
});

test("work that holds keys learns that they are no longer the ones that are unlocked", async () => {
  const session = await Session.resumed(new Vault(newOrigin()), tabs()(), () => undefined);
  await session.unlock(keysOf(), 15);
  const keys = session.use();
  expect(() => session.mustHave(keys)).not.toThrow();
  await session.lock();
  await session.unlock(keysOf(), 15);
  expect(() => session.mustHave(keys)).toThrow(expect.objectContaining({ reason: "Locked" }));
  await session.lock();
  expect(() => session.use()).toThrow(expect.objectContaining({ reason: "Locked" }));
});

test("a lock in one tab locks all tabs of the asking origin, and what happens in one keeps all awake", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  const [origin, tab, locked] = [newOrigin(), tabs(), vi.fn()];
  const one = await Session.resumed(new Vault(origin), tab(), () => undefined);
  const other = await Session.resumed(new Vault(origin), tab(), locked);
  await Promise.all([one.unlock(keysOf(), 15), other.unlock(keysOf(), 15)]);
  vi.advanceTimersByTime(10 * 60_000);
  await one.touch();
  vi.advanceTimersByTime(10 * 60_000);
  expect(other.keys).toBeDefined();
  await one.lock();
  expect(other.keys).toBeUndefined();
  expect(locked).toHaveBeenCalledTimes(1);
  expect(() => other.use()).toThrow(expect.objectContaining({ reason: "Locked" }));
});

test("a lock in another tab ends what goes on here, though no keys are unlocked yet", async () => {
  const [tab, locked] = [tabs(), vi.fn()];
  const one = await Session.resumed(new Vault(newOrigin()), tab(), () => undefined);
  await Session.resumed(new Vault(newOrigin()), tab(), locked);
  await one.lock();
  expect(locked.mock.calls).toEqual([[false]]);
});

test("what a page asks does not keep keys unlocked: the person does", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  const session = await Session.resumed(new Vault(newOrigin()), tabs()(), () => undefined);
  await session.unlock(keysOf(), 15);
  vi.advanceTimersByTime(14 * 60_000);
  await session.touch();
  vi.advanceTimersByTime(14 * 60_000);
  session.use();
  vi.advanceTimersByTime(2 * 60_000);
  expect(session.keys).toBeUndefined();
});

test("keys whose time passed while the machine slept are locked when it is looked at, and the page is told", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  const locked = vi.fn();
  const session = await Session.resumed(new Vault(newOrigin()), tabs()(), locked);
  await session.unlock(keysOf(), 15);
  session.lockIfDue();
  expect(locked).not.toHaveBeenCalled();
  // No timer ran.
  vi.setSystemTime(Date.now() + 15 * 60_000);
  session.lockIfDue();
  session.lockIfDue();
  expect(locked.mock.calls).toEqual([[true]]);
});

test("each tab keeps the time that was chosen in it", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  const [origin, tab] = [newOrigin(), tabs()];
  const short = await Session.resumed(new Vault(origin), tab(), () => undefined);
  const long = await Session.resumed(new Vault(origin), tab(), () => undefined);
  await short.unlock(keysOf(), 5);
  await long.unlock(keysOf(), 60);
  await long.touch();
  vi.advanceTimersByTime(6 * 60_000);
  expect(short.keys).toBeUndefined();
  expect(long.keys).toBeDefined();
  await short.unlock(keysOf(), 5);
  await short.touch();
  vi.advanceTimersByTime(50 * 60_000);
  expect(long.keys).toBeDefined();
});

test("the time of another profile in another tab is not this one's", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
  const [origin, tab, locked] = [newOrigin(), tabs(), vi.fn()];
  const eve = await Session.resumed(new Vault(origin), tab(), () => undefined);
  const ada = await Session.resumed(new Vault(origin), tab(), locked);
  await eve.unlock(keysOf(EVE), 5);
  await ada.unlock(keysOf(ADA), 60);
  vi.advanceTimersByTime(6 * 60_000);
  expect(eve.keys).toBeUndefined();
  expect(ada.keys).toBeDefined();
  expect(locked).not.toHaveBeenCalled();
  expect((await new Vault(origin).load(Date.now()))?.keys.userId).toBe(ADA);
  // A real lock is for all.
  await eve.lock();
  expect(ada.keys).toBeUndefined();
});

test("keys of a reload that another tab locks meanwhile are not taken up", async () => {
  const [origin, tab] = [newOrigin(), tabs()];
  await new Vault(origin).save(unlocked());
  const other = await Session.resumed(new Vault(newOrigin()), tab(), () => undefined);
  const resuming = Session.resumed(new Vault(origin), tab(), () => undefined);
  await other.lock();
  expect((await resuming).keys).toBeUndefined();
});
