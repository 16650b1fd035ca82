// Work that began before a lock ends with it: nothing is shared, shown or kept after that.
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Party } from "idos-client";
import type { Serve } from "idos-client/enclave";
import { afterEach, expect, test, vi } from "vitest";
import { Recovery } from "../../src/frame/recovery.ts";
import { Service } from "../../src/frame/service.ts";
import { Session } from "../../src/frame/session.ts";
import type { Stage } from "../../src/frame/stage.ts";
import { Vault } from "../../src/frame/vault.ts";
import type { Network } from "../../src/network/directory.ts";
import { rememberRevision } from "../../src/page/memory.ts";
import { TEXTS } from "../../src/texts.ts";
import { sealedFor, signed } from "../support/credentials.ts";
import { ADA, keysOf, PUBLIC_KEY } from "../support/keys.ts";
import { inFrame, page } from "../support/windows.ts";

const LOCKED = { reason: "Locked" };
const credential = sealedFor(PUBLIC_KEY.toBase64(), signed(ed25519.utils.randomSecretKey()));
const holder = { userId: ADA, encryptionPublicKey: PUBLIC_KEY.toBase64(), keyRing: null };
const recipient = { kind: "unlisted", grantee: "someone", encryptionPublicKey: PUBLIC_KEY.toBase64() };
const share = { credential, recipient, lockedUntil: 0, expiresAt: 0 };

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A promise, and what resolves it. */
function later<T>(): readonly [Promise<T>, (value: T) => void] {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return [promise, resolve];
}

/** A frame with unlocked keys, whose windows answer what `serve` says. */
async function enclave(serve: Serve, parties: () => Promise<readonly Party[]> = async () => []) {
  const frame = inFrame();
  const { windows, host, locked } = page(serve);
  const siblings = { onmessage: null, postMessage: () => undefined };
  const session: Session = await Session.resumed(new Vault("https://page.example"), siblings, () =>
    service.locked(),
  );
  const stage = { clear: vi.fn(), showCredential: vi.fn(), showAttributes: vi.fn() };
  const network = async (): Promise<Network> => ({ chainId: "1", party: async () => undefined, parties });
  const service: Service = new Service({
    origin: "https://page.example",
    host,
    session,
    recovery: new Recovery(),
    stage: stage as unknown as Stage,
    network,
  });
  await session.unlock(keysOf(), 15);
  return { service, session, stage, windows, frame, locked };
}

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

test("keys that are not of the one that the profile shows are not taken up after a change", async () => {
  const { service, session } = await enclave(async () => ({
    keys: { ...keysOf().expose(), bytes: new Uint8Array(32).fill(9) },
    idleMinutes: 15,
    keyRing: null,
    recovery: null,
  }));
  const before = session.keys;
  const change = { ...holder, change: { kind: "password" } };
  await expect(service.serve("changeFactors", change)).rejects.toMatchObject({ reason: "KeyRing" });
  expect(session.keys).toBe(before);
});

test("keys are not made anew for a profile whose ring was seen here, though it is unlocked", async () => {
  const serve = vi.fn<Serve>(async () => ({ keys: keysOf().expose(), idleMinutes: 15, keyRing: null }));
  const { service, windows } = await enclave(serve);
  rememberRevision(ADA, 1n);
  const created = service.serve("create", { userId: ADA, compatible: false });
  await expect(created).rejects.toMatchObject({ reason: "KeyRing", message: TEXTS.change.ringSeen });
  expect(windows).toEqual([]);
});

test("an export counts what is in the file, and says how much is not", async () => {
  const serve = vi.fn<Serve>(async () => null);
  const { service } = await enclave(serve);
  const junk = { ...credential, content: "AAAA" };
  const argument = {
    credentials: [credential, junk],
    attributes: [{ id: ADA, key: "x", value: "y" }],
    record: 1,
  };
  await expect(service.serve("export", argument)).resolves.toEqual({ items: 2 });
  expect(serve.mock.calls[0]?.[1]).toMatchObject({ items: 2, failed: 1 });
});
