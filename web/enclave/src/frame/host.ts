import { type Channel, EnclaveError, type HostMethods } from "idos-client/enclave";

type Fields = { readonly [name: string]: unknown };

/** The page, as the frame asks it. What it answers is read like everything else from it. */
export class HostCalls {
  readonly #channel: () => Channel;

  constructor(channel: () => Channel) {
    this.#channel = channel;
  }

  async openWindow(ticket: string): Promise<boolean> {
    return (await this.#ask("openWindow", { ticket }))["opened"] === true;
  }

  async storeKeyRing(keyRing: string): Promise<string> {
    const given = (await this.#ask("storeKeyRing", { keyRing }))["keyRing"];
    if (typeof given !== "string") {
      throw new EnclaveError(
        "BadRequest",
        "after storing a key ring the page is to give what the network has",
      );
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
