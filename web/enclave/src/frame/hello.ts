import { type Hello, PROTOCOL_VERSION, type Welcome } from "idos-client/enclave";

/** What of the browser's window matters here. */
export interface FrameWindow {
  readonly parent: unknown;
  readonly location: { readonly ancestorOrigins?: { readonly [index: number]: string } };
  addEventListener(type: "message", listener: (event: MessageEvent) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent) => void): void;
}

/** The page around the frame, as the browser names it. */
export interface Host {
  readonly origin: string;
  readonly port: MessagePort;
}

/**
 * Waits for the one `Hello` of the page that embeds this frame, and welcomes it. Whatever comes from another window, or
 * from an origin that is not the one of the embedding page, is left unanswered.
 */
export function greeted(self: FrameWindow): Promise<Host> {
  return new Promise((resolve) => {
    const listener = (event: MessageEvent) => {
      const port = portOf(self, event);
      if (port === undefined) {
        return;
      }
      // One only: a second one could bring another port into a conversation that has begun.
      self.removeEventListener("message", listener);
      const welcome: Welcome = { type: "idos-enclave:welcome", version: PROTOCOL_VERSION };
      port.postMessage(welcome);
      resolve({ origin: event.origin, port });
    };
    self.addEventListener("message", listener);
  });
}

function portOf(self: FrameWindow, { data, source, origin, ports }: MessageEvent): MessagePort | undefined {
  const { type, version } = (typeof data === "object" && data !== null ? data : {}) as Partial<Hello>;
  const [port] = ports;
  if (type !== "idos-enclave:hello" || port === undefined || ports.length !== 1) {
    return undefined;
  }
  const embedding = self.location.ancestorOrigins?.[0];
  const isParent = source === self.parent && self.parent !== self;
  // Sandboxed pages and files have the origin "null", which names nobody.
  if (!isParent || !/^https?:\/\//.test(origin) || (embedding !== undefined && embedding !== origin)) {
    return undefined;
  }
  if (version !== PROTOCOL_VERSION) {
    port.postMessage({ type: "idos-enclave:welcome", version: PROTOCOL_VERSION });
    return undefined;
  }
  return port;
}
