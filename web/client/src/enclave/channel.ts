import { EnclaveError, isEnclaveReason } from "./enclave-error.ts";

/** Longest name of a method, and longest message of an error, in characters. */
const NAME = 64;
const MESSAGE = 2_000;
/** Most requests that wait for their answer. */
const MOST_PENDING = 64;

/** What of an answer is handed over instead of copied: nothing of it stays with who answered. */
export type HandOver = (result: unknown) => readonly Transferable[];

/** Answers a request, or rejects with an `EnclaveError`. */
export type Serve = (method: string, argument: unknown) => Promise<unknown>;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: EnclaveError) => void;
}

type Fields = { readonly [name: string]: unknown };

/**
 * Requests and answers over a port, both ways. Each side numbers its requests from 1 without gaps; a number that was
 * seen, or comes out of turn, is refused. What is thrown other than an `EnclaveError` does not cross: it could hold
 * anything.
 */
export class Channel {
  readonly #port: MessagePort;
  readonly #serve: Serve;
  readonly #handOver: HandOver;
  readonly #pending = new Map<number, Pending>();
  #asked = 0;
  #seen = 0;
  #closed: EnclaveError | undefined;

  constructor(port: MessagePort, serve: Serve, handOver: HandOver = () => []) {
    this.#port = port;
    this.#serve = serve;
    this.#handOver = handOver;
    port.addEventListener("message", ({ data }) => this.#received(data));
    port.start();
  }

  /** Asks the other side. */
  ask(method: string, argument: unknown): Promise<unknown> {
    if (this.#closed !== undefined) {
      return Promise.reject(this.#closed);
    }
    if (this.#pending.size >= MOST_PENDING) {
      return Promise.reject(new EnclaveError("BadRequest", "too many requests wait for their answer"));
    }
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      try {
        this.#port.postMessage({ id, method, argument });
      } catch (cause) {
        this.#pending.delete(id);
        // The number was not used: the next request has it.
        this.#asked -= 1;
        reject(new EnclaveError("BadRequest", `${method} was given what cannot be sent`, { cause }));
      }
    });
  }

  /** Ends it: whatever waits is rejected with `error`. */
  close(error: EnclaveError): void {
    this.#closed ??= error;
    this.#port.close();
    for (const { reject } of this.#pending.values()) {
      reject(error);
    }
    this.#pending.clear();
  }

  #received(data: unknown): void {
    if (typeof data !== "object" || data === null || this.#closed !== undefined) {
      return;
    }
    const message = data as Fields;
    const id = message["id"];
    if (typeof id !== "number" || !Number.isSafeInteger(id)) {
      return;
    }
    if (Object.hasOwn(message, "method")) {
      void this.#answer(id, message["method"], message["argument"]);
    } else {
      this.#settle(id, message);
    }
  }

  async #answer(id: number, method: unknown, argument: unknown): Promise<void> {
    const response = await this.#answered(id, method, argument).then(
      (result) => ({ id, result }),
      (error: unknown) => ({ id, error: told(error) }),
    );
    if (this.#closed !== undefined) {
      return;
    }
    try {
      this.#port.postMessage(response, "result" in response ? [...this.#handOver(response.result)] : []);
    } catch (cause) {
      // The answer cannot be sent: whoever waits for it is told that.
      this.#port.postMessage({ id, error: told(cause) });
    }
  }

  #answered(id: number, method: unknown, argument: unknown): Promise<unknown> {
    if (id !== this.#seen + 1) {
      const message = `request ${id} is out of turn: ${this.#seen + 1} was to come`;
      return Promise.reject(new EnclaveError("BadRequest", message));
    }
    this.#seen = id;
    if (typeof method !== "string" || method.length > NAME) {
      return Promise.reject(new EnclaveError("BadRequest", "a request names a method"));
    }
    return this.#serve(method, argument);
  }

  #settle(id: number, message: Fields): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      return;
    }
    this.#pending.delete(id);
    const error = message["error"];
    if (error === undefined) {
      pending.resolve(message["result"]);
      return;
    }
    const { reason, message: text } = (typeof error === "object" && error !== null ? error : {}) as Fields;
    const said = typeof text === "string" ? text.slice(0, MESSAGE) : "no reason was given";
    pending.reject(new EnclaveError(isEnclaveReason(reason) ? reason : "Internal", said));
  }
}

function told(error: unknown): { reason: string; message: string } {
  return error instanceof EnclaveError
    ? { reason: error.reason, message: error.message.slice(0, MESSAGE) }
    : { reason: "Internal", message: "something went wrong there that it does not name" };
}
