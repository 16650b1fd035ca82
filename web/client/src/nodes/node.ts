import { EncodingError, IdosError, UsageError } from "../errors.ts";
import { ANSWER_BYTES_PER_SECOND, ANSWER_STALL_SECONDS } from "../limits.ts";
import { type Json, objectOf } from "../wire/json.ts";
import { blamed, NodeError } from "./node-error.ts";
import { rpcErrorOf } from "./rpc-error.ts";
import type { SessionCookie } from "./session-cookie.ts";

/**
 * Largest answer of a node in bytes: all credentials of a person with their notes, in base64 with proofs. Half of what
 * Rust clients take (`ANSWER_BYTES`), since a page holds it several times over. Only lists without proof can be longer:
 * of the longest texts, in which JSON escapes nearly every character.
 */
const RESPONSE_BYTES = 64_000_000;
/** Milliseconds for which an answer that has begun may bring nothing. */
const STALL_MILLIS = 1_000 * ANSWER_STALL_SECONDS;
/** Milliseconds that an answer may come for, however fast: longer than the largest credential at that rate. */
const ANSWER_MILLIS = 15 * 60_000;

/** How requests are sent; `globalThis.fetch` unless a caller has another. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What nodes of one client share. */
export interface Transport {
  readonly fetch: Fetch;
  readonly cookie: SessionCookie;
  /** The next request's id: a number, as all clients of this protocol send. */
  readonly nextId: () => number;
}

/** One node, by its public URL. */
export class Node {
  /** Without a slash at its end: what people sign in to. */
  readonly url: string;
  readonly #transport: Transport;

  constructor(url: string, transport: Transport) {
    this.url = nodeUrl(url);
    this.#transport = transport;
  }

  /**
   * One request, whose answer has to be there in this time. If somebody hears that it comes, and at last that no more of
   * it does, it has to begin in this time, and may take as long as it goes on. Throws the node's error as a typed one.
   */
  async request(
    method: string,
    params: object,
    timeoutMillis: number,
    signal?: AbortSignal,
    heard?: (isComing: boolean) => void,
  ): Promise<Json> {
    const { fetch, cookie, nextId } = this.#transport;
    const id = nextId();
    const late = new AbortController();
    const stop = signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]);
    const silence = setTimeout(() => late.abort(), timeoutMillis);
    try {
      const response = await fetch(`${this.url}/rpc/v1`, {
        method: "POST",
        // Browsers send the cookie of the node's own site; elsewhere this client keeps it.
        credentials: "include",
        headers: { "content-type": "application/json", ...cookie.header() },
        body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
        redirect: "error",
        signal: stop,
      });
      if (heard !== undefined) {
        clearTimeout(silence);
        heard(true);
      }
      cookie.note(response.headers);
      return this.#result(id, response.status, await bodyOf(response, late, stop));
    } catch (cause) {
      throw this.#failure(cause, late.signal.aborted);
    } finally {
      clearTimeout(silence);
      heard?.(false);
    }
  }

  #result(id: number, status: number, body: string): Json {
    let answer: Readonly<Record<string, Json>>;
    try {
      answer = objectOf(JSON.parse(body), "the answer");
    } catch (cause) {
      const reason = status >= 500 ? "Unavailable" : "Malformed";
      throw new NodeError(reason, this.url, `no answer of an idOS node, HTTP status ${status}`, { cause });
    }
    if (answer["error"] !== undefined && answer["error"] !== null) {
      throw rpcErrorOf(this.url, answer["error"]);
    }
    if (answer["jsonrpc"] !== "2.0" || answer["id"] !== id || answer["result"] === undefined) {
      throw new NodeError("Malformed", this.url, "the answer is of another request, or of no JSON-RPC 2.0");
    }
    return answer["result"];
  }

  #failure(cause: unknown, isLate: boolean): IdosError {
    if (cause instanceof IdosError) {
      return blamed(this.url, cause);
    }
    return isLate
      ? new NodeError("Timeout", this.url, "no answer in time", { cause })
      : new NodeError("Unreachable", this.url, "the node cannot be reached", { cause });
  }
}

/** A node's URL in the spelling that it is signed in to. */
function nodeUrl(url: string): string {
  const trimmed = url.replace(/\/$/, "");
  const parsed = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  if (
    parsed === undefined ||
    !/^https?:$/.test(parsed.protocol) ||
    parsed.username + parsed.search + parsed.hash
  ) {
    throw new UsageError("Configuration", "the URL of a node is like https://node.example");
  }
  return trimmed;
}

/**
 * The body as text, unless it is longer than any answer. A slow line gets the time it needs, by the rule by which nodes
 * send: there is patience for some silence, of which every byte gives back the time that it may take.
 */
async function bodyOf(response: Response, late: AbortController, stop: AbortSignal): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return "";
  }
  // A caller's own `fetch` may make bodies that know nothing of the signal.
  const leave = () => {
    reader.cancel().catch(() => undefined);
  };
  stop.addEventListener("abort", leave);
  try {
    stop.throwIfAborted();
    let [text, length, patience, since] = ["", 0, STALL_MILLIS, performance.now()];
    const end = since + ANSWER_MILLIS;
    for (;;) {
      const silence = setTimeout(() => late.abort(), patience);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      // A body that was left ends like one that is complete.
      stop.throwIfAborted();
      if (done) {
        return text + decoder.decode();
      }
      length += value.length;
      if (length > RESPONSE_BYTES) {
        leave();
        throw new EncodingError("TooLong", "the answer is too long");
      }
      const now = performance.now();
      patience += since - now + (1_000 * value.length) / ANSWER_BYTES_PER_SECOND;
      patience = Math.min(STALL_MILLIS, patience, end - now);
      since = now;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    stop.removeEventListener("abort", leave);
  }
}
