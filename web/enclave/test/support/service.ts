// The frame's service without a browser: its windows answer what a test says.
import type { Party } from "idos-client";
import type { Serve } from "idos-client/enclave";
import { vi } from "vitest";
import type { HostCalls } from "../../src/frame/host.ts";
import { Recovery } from "../../src/frame/recovery.ts";
import { Service } from "../../src/frame/service.ts";
import { Session, type Siblings } from "../../src/frame/session.ts";
import type { Stage } from "../../src/frame/stage.ts";
import { Vault } from "../../src/frame/vault.ts";
import type { Network } from "../../src/network/directory.ts";
import { keysOf } from "./keys.ts";
import { inFrame, page } from "./windows.ts";

/** A promise, and what resolves it. */
export function later<T>(): readonly [Promise<T>, (value: T) => void] {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return [promise, resolve];
}

/** A frame with unlocked keys, whose windows answer what `serve` says. */
export async function enclave(
  serve: Serve,
  parties: () => Promise<readonly Party[]> = async () => [],
  recovery: Recovery = new Recovery(),
  storeKeyRing?: HostCalls["storeKeyRing"],
  network = async (): Promise<Network> => ({ chainId: "1", party: async () => undefined, parties }),
) {
  const frame = inFrame();
  const { windows, host, locked } = page(serve, storeKeyRing);
  const siblings: Siblings = { onmessage: null, postMessage: () => undefined };
  const session: Session = await Session.resumed(new Vault("https://page.example"), siblings, (hadKeys) =>
    service.locked(hadKeys),
  );
  const stage = { clear: vi.fn(), showCredential: vi.fn(), showAttributes: vi.fn() };
  const service: Service = new Service({
    origin: "https://page.example",
    host,
    session,
    recovery,
    stage: stage as unknown as Stage,
    network,
  });
  await session.unlock(keysOf(), 15);
  const lockElsewhere = () =>
    (siblings as BroadcastChannel).onmessage?.({ data: { kind: "locked" } } as MessageEvent);
  return { service, session, stage, windows, frame, locked, lockElsewhere };
}
