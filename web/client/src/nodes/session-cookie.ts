import { COOKIE_BYTES } from "../limits.ts";

const NAME = "kgw_session";

/**
 * The session outside browsers, where nobody else keeps cookies. A session counts on every node of the network, so
 * one is kept for all. In a browser neither header can be seen or set, and the browser does it, node by node.
 */
export class SessionCookie {
  #token: string | undefined;

  /** What to send with a request. */
  header(): { cookie?: string } {
    return this.#token === undefined ? {} : { cookie: `${NAME}=${this.#token}` };
  }

  /** Keeps what an answer sets. */
  note(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [, name, token] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name === NAME && token !== undefined && token.length <= COOKIE_BYTES) {
        this.#token = token === "" ? undefined : token;
      }
    }
  }

  forget(): void {
    this.#token = undefined;
  }
}
