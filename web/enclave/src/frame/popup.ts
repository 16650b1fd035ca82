// The enclave's windows. The page opens them, since browsers want its click; then window and frame find each other by
// their common origin, and speak over a port of their own. The page is not between them.
import { Channel, EnclaveError, type Serve } from "idos-client/enclave";
import { wipe } from "idos-crypto";
import type { Steps, WindowWelcome } from "../window/steps.ts";

/** Milliseconds until a window that was opened has to have said something. */
const ATTACH_MILLIS = 30_000;
/** Milliseconds between two looks at whether the window is still there: no event tells. */
const LOOK_MILLIS = 300;

const closed = () => new EnclaveError("Declined", "the window was closed");

/** A window that is open for one request. */
export class Popup {
  readonly #window: WindowProxy;
  readonly #channel: Channel;
  readonly #watch: ReturnType<typeof setInterval>;
  readonly #gone = () => this.close();
  readonly #over: Promise<never>;
  #tellEnd: (why: EnclaveError) => void = () => undefined;
  #ended: EnclaveError | undefined;

  private constructor(window: WindowProxy, port: MessagePort, serve: Serve) {
    this.#window = window;
    this.#over = new Promise((_, reject) => {
      this.#tellEnd = reject;
    });
    this.#over.catch(() => undefined);
    this.#channel = new Channel(port, serve);
    this.#watch = setInterval(() => {
      if (window.closed) {
        this.#end(closed());
      }
    }, LOOK_MILLIS);
    // A window whose page was left or reloaded has nobody to answer.
    addEventListener("pagehide", this.#gone);
  }

  /** Has the page open a window, and waits for it. `serve` answers what the window asks. */
  static async open(ask: (ticket: string) => Promise<boolean>, serve: Serve): Promise<Popup> {
    const ticket = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    const waiting = attached(ticket);
    try {
      if (!(await ask(ticket))) {
        throw new EnclaveError(
          "PopupBlocked",
          "the browser did not open the enclave's window; ask again from a click",
        );
      }
      const { window, port } = await waiting.found;
      return new Popup(window, port, serve);
    } finally {
      waiting.stop();
    }
  }

  /**
   * Has the person do something in the window. What it answers is believed: it is of this origin. Once the window was
   * closed nothing counts, not even an answer that was under way.
   */
  async ask<Name extends keyof Steps>(
    name: Name,
    argument: Parameters<Steps[Name]>[0],
  ): Promise<ReturnType<Steps[Name]>> {
    const answer = (await this.#channel.ask(name, argument)) as ReturnType<Steps[Name]>;
    if (this.#ended !== undefined) {
      if (answer !== null && "keys" in answer) {
        wipe(answer.keys.bytes);
      }
      throw this.#ended;
    }
    return answer;
  }

  /** Waits for something else than an answer of the window, for as long as that is open. */
  whileOpen<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#over]);
  }

  /** Closes the window; whatever is asked of it is rejected with `why`. */
  close(why: EnclaveError = closed()): void {
    this.#end(why);
    this.#window.close();
  }

  /** Leaves the window to the person with a last word. A port that is closed may take the word with it. */
  leave(message: string): void {
    this.ask("fail", { message })
      .catch(() => undefined)
      .finally(() => this.#end(closed()));
  }

  #end(why: EnclaveError): void {
    this.#ended ??= why;
    this.#tellEnd(this.#ended);
    clearInterval(this.#watch);
    removeEventListener("pagehide", this.#gone);
    this.#channel.close(why);
  }
}

interface Attached {
  readonly window: WindowProxy;
  readonly port: MessagePort;
}

/** Waits for a window of this origin that has the ticket. */
function attached(ticket: string): { readonly found: Promise<Attached>; readonly stop: () => void } {
  let stop = () => {};
  const found = new Promise<Attached>((resolve, reject) => {
    const listener = ({ data, origin, source }: MessageEvent) => {
      const isOurs =
        origin === location.origin && data?.type === "idos-enclave:window" && data.ticket === ticket;
      if (!isOurs || source === null || !("closed" in source)) {
        return;
      }
      const { port1, port2 } = new MessageChannel();
      const welcome: WindowWelcome = { type: "idos-enclave:attached", ticket };
      source.postMessage(welcome, location.origin, [port2]);
      resolve({ window: source, port: port1 });
    };
    const timer = setTimeout(() => reject(closed()), ATTACH_MILLIS);
    addEventListener("message", listener);
    stop = () => {
      clearTimeout(timer);
      removeEventListener("message", listener);
    };
  });
  // Whoever asked may have failed before it is awaited.
  found.catch(() => undefined);
  return { found, stop: () => stop() };
}
