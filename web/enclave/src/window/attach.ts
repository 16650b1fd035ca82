import type { WindowHello } from "./steps.ts";

/** Milliseconds between two calls, and how many there are: the frame may be slower than the window. */
const CALL_MILLIS = 150;
const CALLS = 60;
/** Most frames of a page that are looked at. */
const MOST_FRAMES = 64;

/**
 * Finds the frame of the enclave in the page that opened this window. The browser delivers the call to frames of this
 * origin only, and says of the answer that it is from this origin. Undefined if there is no such frame.
 */
export function attach(opener: WindowProxy, ticket: string): Promise<MessagePort | undefined> {
  const hello: WindowHello = { type: "idos-enclave:window", ticket };
  return new Promise((resolve) => {
    let calls = 0;
    const done = (port: MessagePort | undefined) => {
      clearInterval(timer);
      removeEventListener("message", listener);
      resolve(port);
    };
    const listener = ({ origin, data, ports }: MessageEvent) => {
      const [port] = ports;
      const isOurs =
        origin === location.origin && data?.type === "idos-enclave:attached" && data.ticket === ticket;
      if (isOurs && port !== undefined) {
        done(port);
      }
    };
    const call = () => {
      calls += 1;
      if (calls > CALLS || opener.closed) {
        done(undefined);
        return;
      }
      for (const frame of ourFrames(opener)) {
        frame.postMessage(hello, location.origin);
      }
    };
    addEventListener("message", listener);
    const timer = setInterval(call, CALL_MILLIS);
    call();
  });
}

/** The frames of this origin. Where the browser hides even that, all: others do not get the message. */
function ourFrames(opener: WindowProxy): readonly WindowProxy[] {
  const frames = Array.from({ length: Math.min(opener.length, MOST_FRAMES) }, (_, at) => opener[at]).filter(
    (frame) => frame !== undefined,
  );
  const ours = frames.filter(isOurs);
  return ours.length > 0 ? ours : frames;
}

function isOurs(frame: WindowProxy): boolean {
  try {
    return frame.location.origin === location.origin;
  } catch {
    return false;
  }
}
