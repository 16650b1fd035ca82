// What is unlocked, over reloads and tabs: a lock is the last word.
import "fake-indexeddb/auto";
import { afterEach, expect, test, vi } from "vitest";
import { Session, type Siblings } from "../../src/frame/session.ts";
import { Vault } from "../../src/frame/vault.ts";
import { ADA, EVE, keysOf, PUBLIC_KEY } from "../support/keys.ts";

const HOUR = 3_600_000;
let origins = 0;

afterEach(() => {
  vi.useRealTimers();
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

test("touching is for the person whose keys are stored, and only for them", async () => {
  const origin = newOrigin();
  const vault = new Vault(origin);
  const stored = unlocked(EVE);
  await vault.save(stored);
  await vault.touch(ADA, stored.idleAt + 1);
  expect((await vault.load(Date.now()))?.idleAt).toBe(stored.idleAt);
  await vault.touch(EVE, stored.idleAt + 1);
  expect((await vault.load(Date.now()))?.idleAt).toBe(stored.idleAt + 1);
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
  const keys = await session.use();
  expect(() => session.mustHave(keys)).not.toThrow();
  await session.lock();
  await session.unlock(keysOf(), 15);
  expect(() => session.mustHave(keys)).toThrow(expect.objectContaining({ reason: "Locked" }));
  await session.lock();
  await expect(session.use()).rejects.toMatchObject({ reason: "Locked" });
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
  await expect(other.use()).rejects.toMatchObject({ reason: "Locked" });
});

test("keys of a reload that another tab locks meanwhile are not taken up", async () => {
  const [origin, tab] = [newOrigin(), tabs()];
  await new Vault(origin).save(unlocked());
  const other = await Session.resumed(new Vault(newOrigin()), tab(), () => undefined);
  const resuming = Session.resumed(new Vault(origin), tab(), () => undefined);
  await other.lock();
  expect((await resuming).keys).toBeUndefined();
});
