import { type Channel, EnclaveError, type HostMethods } from "idos-client/enclave";
import { TEXTS } from "../texts.ts";

type Fields = { readonly [name: string]: unknown };

/** The page was asked to store a ring, and nobody knows whether it did. */
export function mayBeStored(cause: unknown): EnclaveError {
  return new EnclaveError("Network", TEXTS.change.siteFailed, { cause });
}

/** The page, as the frame asks it. What it answers is read like everything else from it. */
export class HostCalls {
  readonly #channel: () => Channel;

  constructor(channel: () => Channel) {
    this.#channel = channel;
  }

  async openWindow(ticket: string): Promise<boolean> {
    return (await this.#ask("openWindow", { ticket }))["opened"] === true;
  }

  /** What the page says of a failure goes no further: the enclave's window would show it as the enclave's own words. */
  async storeKeyRing(argument: Parameters<HostMethods["storeKeyRing"]>[0]): Promise<string> {
    let answer: Fields;
    try {
      answer = await this.#ask("storeKeyRing", argument);
    } catch (cause) {
      throw mayBeStored(cause);
    }
    const given = answer["keyRing"];
    if (typeof given !== "string") {
      throw new EnclaveError("BadRequest", TEXTS.change.siteFailed);
    }
    return given;
  }

  /** Nobody waits for these two, and a page that does not answer them harms itself only. */
  resize(height: number): void {
    this.#ask("resize", { height }).catch(() => undefined);
  }

  locked(): void {
    this.#ask("locked", null).catch(() => undefined);
  }

  async #ask<Name extends keyof HostMethods>(
    name: Name,
    argument: Parameters<HostMethods[Name]>[0],
  ): Promise<Fields> {
    const answer = await this.#channel().ask(name, argument);
    return typeof answer === "object" && answer !== null ? (answer as Fields) : {};
  }
}
