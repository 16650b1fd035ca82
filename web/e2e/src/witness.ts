import type { BrowserContext, Page, Request, Response } from "playwright-core";
import { heapOf } from "./heap.ts";

/** What a page may not know. */
export interface Secret {
  readonly name: string;
  readonly text: string;
}

/** Where a page had a secret. */
export interface Leak {
  readonly secret: string;
  readonly where: "heap" | "messages" | "network" | "storage" | "document";
}

/** How pages keep the messages that they got and sent. */
const KEPT = "idosMessagesOfTheStory";

/**
 * Watches pages of some origins: what they hold, what they store, what they say to frames, windows and servers. The
 * enclave's own frames are not watched.
 */
export class Witness {
  readonly #origins: readonly string[];
  readonly #network: string[] = [];

  private constructor(origins: readonly string[]) {
    this.#origins = origins;
  }

  /** Begins with the next page of the browser. */
  static async watching(context: BrowserContext, origins: readonly string[]): Promise<Witness> {
    const witness = new Witness(origins);
    await context.addInitScript(keepMessages, { origins, kept: KEPT });
    context.on("request", (request) => witness.#noteRequest(request));
    context.on("response", (response) => witness.#noteResponse(response));
    return witness;
  }

  /** Which of the secrets a page has, or had in messages. */
  async leaks(page: Page, secrets: readonly Secret[]): Promise<readonly Leak[]> {
    const { messages, storage, html } = await page.evaluate(holdings, KEPT);
    const places = [
      { where: "heap", held: await heapOf(page) },
      { where: "messages", held: messages.join("\n") },
      { where: "network", held: this.#network.join("\n") },
      { where: "storage", held: storage },
      { where: "document", held: html },
    ] as const;
    return places.flatMap(({ where, held }) =>
      secrets
        .filter(({ text }) => spellings(text).some((spelling) => held.includes(spelling)))
        .map(({ name }) => ({ secret: name, where })),
    );
  }

  /** Forgets what went over the network so far: what a person typed into a page for an issuer was theirs to send. */
  forget(): void {
    this.#network.length = 0;
  }

  /** How much was seen, so that a test can tell that something was. */
  async seen(page: Page): Promise<{ readonly messages: number; readonly requests: number }> {
    const { messages } = await page.evaluate(holdings, KEPT);
    return { messages: messages.length, requests: this.#network.length };
  }

  #noteRequest(request: Request): void {
    if (this.#isWatched(request)) {
      this.#network.push(request.url(), request.postData() ?? "");
    }
  }

  #noteResponse(response: Response): void {
    if (this.#isWatched(response.request())) {
      // Bodies of pages that were left are gone: what was in them is in the heap, or nowhere.
      response.text().then(
        (text) => this.#network.push(text),
        () => undefined,
      );
    }
  }

  #isWatched(request: Request): boolean {
    // A window's first request has no frame yet; it says nothing but its address.
    const from = request.isNavigationRequest() ? request.url() : request.frame().url();
    return this.#origins.some((origin) => from.startsWith(`${origin}/`));
  }
}

/** A secret may hide in another spelling. */
function spellings(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  // Of base64 what does not depend on what is before and after.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "")
      .slice(4, -2),
  );
  return [text, bytes.toString("hex"), ...base64.filter((part) => part.length >= 8)];
}

/** Runs in pages, before anything else. */
function keepMessages({ origins, kept }: { origins: readonly string[]; kept: string }): void {
  if (!origins.includes(location.origin)) {
    return;
  }
  const messages: string[] = [];
  Object.defineProperty(globalThis, kept, { value: messages });
  const readable = (_: string, value: unknown) =>
    value instanceof Uint8Array ? new TextDecoder("latin1").decode(value) : value;
  const keep = (data: unknown) => {
    try {
      messages.push(JSON.stringify(data, readable) ?? "");
    } catch {
      messages.push(String(data));
    }
  };
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (this: MessagePort, ...args: unknown[]) {
    keep(args[0]);
    return Reflect.apply(post, this, args);
  } as typeof post;
  const onmessage = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    ...onmessage,
    set(this: MessagePort, handler: ((event: MessageEvent) => unknown) | null) {
      const told =
        handler === null ? null : (event: MessageEvent) => [keep(event.data), handler.call(this, event)];
      onmessage?.set?.call(this, told);
    },
  });
  const listen = EventTarget.prototype.addEventListener;
  MessagePort.prototype.addEventListener = function (this: MessagePort, ...args: unknown[]) {
    if (args[0] === "message") {
      Reflect.apply(listen, this, ["message", (event: MessageEvent) => keep(event.data)]);
    }
    return Reflect.apply(listen, this, args);
  } as typeof listen;
  addEventListener("message", (event) => keep(event.data), { capture: true });
}

/** Runs in pages. */
function holdings(kept: string): { messages: readonly string[]; storage: string; html: string } {
  const messages = (globalThis as unknown as Record<string, readonly string[]>)[kept] ?? [];
  const storage = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]);
  return { messages: [...messages], storage, html: document.documentElement.outerHTML };
}
