// The enclave's windows, as the frame sees them, without a browser: they attach by messages, and answer over a port.
import { Channel, type Serve } from "idos-client/enclave";
import { vi } from "vitest";
import type { HostCalls } from "../../src/frame/host.ts";

const ORIGIN = "https://enclave.example";

/** A window that was opened for a ticket. */
export class TestWindow {
  closed = false;
  channel: Channel | undefined;

  close(): void {
    this.closed = true;
  }
}

/** Stands for the frame's browser window. Answers what tells it of a page that goes. */
export function inFrame(): { readonly leave: () => void } {
  const frame = new EventTarget();
  vi.stubGlobal("location", { origin: ORIGIN });
  vi.stubGlobal("addEventListener", frame.addEventListener.bind(frame));
  vi.stubGlobal("removeEventListener", frame.removeEventListener.bind(frame));
  vi.stubGlobal("dispatchEvent", frame.dispatchEvent.bind(frame));
  return { leave: () => frame.dispatchEvent(new Event("pagehide")) };
}

/** A page that opens windows which answer what `serve` says. */
export function page(
  serve: Serve,
  storeKeyRing: HostCalls["storeKeyRing"] = async ({ keyRing }) => keyRing,
): {
  readonly windows: readonly TestWindow[];
  readonly host: HostCalls;
  readonly locked: () => number;
} {
  const windows: TestWindow[] = [];
  let locked = 0;
  const openWindow = async (ticket: string) => {
    const window = new TestWindow();
    windows.push(window);
    const source = Object.assign(window, {
      postMessage: (_: unknown, __: string, [port]: readonly MessagePort[]) => {
        window.channel = port === undefined ? undefined : new Channel(port, serve);
      },
    });
    const event = Object.assign(new Event("message"), {
      data: { type: "idos-enclave:window", ticket },
      origin: ORIGIN,
      source,
    });
    queueMicrotask(() => dispatchEvent(event));
    return true;
  };
  const host = {
    openWindow,
    storeKeyRing,
    locked: () => {
      locked += 1;
    },
    resize: () => undefined,
  } as unknown as HostCalls;
  return { windows, host, locked: () => locked };
}
