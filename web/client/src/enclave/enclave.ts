import { fromHex } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import type { Signer } from "../signer/signer.ts";
import type { EnclaveApi } from "./api.ts";
import { Channel } from "./channel.ts";
import { EnclaveError } from "./enclave-error.ts";
import {
  type EnclaveMethods,
  type EnclaveStatus,
  type Hello,
  MOST_HEIGHT,
  PROTOCOL_VERSION,
  TICKET,
  WINDOW_PATH,
} from "./protocol.ts";

/** Milliseconds until an enclave that says nothing counts as not there. */
const OPEN_MILLIS = 30_000;
/** Size of the enclave's windows in CSS pixels. */
const WINDOW = "popup,width=440,height=760";
/** What the frame may do: it opens windows and offers files, and never navigates the page. */
const SANDBOX =
  "allow-scripts allow-same-origin allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox";

type Argument<Name extends keyof EnclaveMethods> = Parameters<EnclaveMethods[Name]>[0];
type Result<Name extends keyof EnclaveMethods> = Promise<ReturnType<EnclaveMethods[Name]>>;

/** Where the enclave is, and what it needs from the page. */
export interface EnclaveOptions {
  /** Its origin: `https://enclave.example`. */
  readonly url: string;
  /** Where its frame goes. It takes no room until it shows something. */
  readonly container: HTMLElement;
  /**
   * Stores a key ring as the attribute `idos:key-ring`, and resolves to what the network gives back after that. Rejects
   * if what is stored is not `replaces` (null: nothing): somebody changed it meanwhile.
   */
  readonly storeKeyRing: (keyRing: string, replaces: string | null) => Promise<string>;
  /** Called when the keys were locked: by the person, or because nothing happened. */
  readonly onLocked?: () => void;
}

/**
 * The enclave, as a page has it: an iframe of another origin that holds the keys. The page gives it sealed texts and
 * gets sealed texts; keys and plaintexts stay there. Methods that need the person open a window, so call them from a
 * click.
 */
export class Enclave implements EnclaveApi {
  readonly #origin: string;
  readonly #frame: HTMLIFrameElement;
  readonly #channel: Channel;
  readonly #options: EnclaveOptions;

  private constructor(origin: string, frame: HTMLIFrameElement, port: MessagePort, options: EnclaveOptions) {
    this.#origin = origin;
    this.#frame = frame;
    this.#options = options;
    this.#channel = new Channel(port, (method, argument) => this.#serve(method, argument));
  }

  /** Opens the enclave in an iframe. Rejects if nothing answers there. */
  static async open(options: EnclaveOptions): Promise<Enclave> {
    const origin = originOf(options.url);
    const frame = options.container.ownerDocument.createElement("iframe");
    frame.src = `${origin}/`;
    frame.title = "idOS enclave";
    frame.setAttribute("sandbox", SANDBOX);
    frame.style.cssText = "border:0;width:100%;display:block";
    resize(frame, 0);
    try {
      const port = await welcomed(origin, frame, options.container);
      return new Enclave(origin, frame, port, options);
    } catch (error) {
      frame.remove();
      throw error;
    }
  }

  /** Takes the frame away. What was unlocked stays so for a reload, until it is locked by idleness; see `lock`. */
  close(): void {
    this.#channel.close(new EnclaveError("BadRequest", "the enclave was closed by the page"));
    this.#frame.remove();
  }

  /** A signer for the wallet of the recovery words, after `recover`. The public key is lower-case hexadecimal. */
  recoverySigner(publicKey: string): Signer {
    return {
      authType: "ed25519",
      sender: fromHex(publicKey, 32),
      wallet: { type: "FaceSign", address: publicKey, publicKey },
      sign: async (text) => fromHex((await this.signAsRecovery({ text, publicKey })).signature, 64),
    };
  }

  status(argument: null = null): Promise<EnclaveStatus> {
    return this.#ask("status", argument);
  }

  create(argument: Argument<"create">): Result<"create"> {
    return this.#ask("create", argument);
  }

  unlock(argument: Argument<"unlock">): Result<"unlock"> {
    return this.#ask("unlock", argument);
  }

  lock(argument: null = null): Result<"lock"> {
    return this.#ask("lock", argument);
  }

  share(argument: Argument<"share">): Result<"share"> {
    return this.#ask("share", argument);
  }

  filter(argument: Argument<"filter">): Result<"filter"> {
    return this.#ask("filter", argument);
  }

  show(argument: Argument<"show">): Result<"show"> {
    return this.#ask("show", argument);
  }

  showAttributes(argument: Argument<"showAttributes">): Result<"showAttributes"> {
    return this.#ask("showAttributes", argument);
  }

  hide(argument: null = null): Result<"hide"> {
    return this.#ask("hide", argument);
  }

  editAttribute(argument: Argument<"editAttribute">): Result<"editAttribute"> {
    return this.#ask("editAttribute", argument);
  }

  changeFactors(argument: Argument<"changeFactors">): Result<"changeFactors"> {
    return this.#ask("changeFactors", argument);
  }

  export(argument: Argument<"export">): Result<"export"> {
    return this.#ask("export", argument);
  }

  exportPart(argument: Argument<"exportPart">): Result<"exportPart"> {
    return this.#ask("exportPart", argument);
  }

  recover(argument: null = null): Result<"recover"> {
    return this.#ask("recover", argument);
  }

  signAsRecovery(argument: Argument<"signAsRecovery">): Result<"signAsRecovery"> {
    return this.#ask("signAsRecovery", argument);
  }

  /** What the enclave answers is believed to have the form of the protocol: the page chose its origin. */
  async #ask<Name extends keyof EnclaveMethods>(name: Name, argument: Argument<Name>): Result<Name> {
    return (await this.#channel.ask(name, argument)) as Awaited<Result<Name>>;
  }

  async #serve(method: string, argument: unknown): Promise<unknown> {
    const given = (typeof argument === "object" && argument !== null ? argument : {}) as Record<
      string,
      unknown
    >;
    switch (method) {
      case "openWindow":
        return { opened: this.#openWindow(given["ticket"]) };
      case "storeKeyRing":
        return { keyRing: await this.#storeKeyRing(given["keyRing"], given["replaces"]) };
      case "resize":
        resize(this.#frame, given["height"]);
        return null;
      case "locked":
        this.#options.onLocked?.();
        return null;
      default:
        throw new EnclaveError(
          "BadRequest",
          `this page knows no ${method}; its client may be older than the enclave`,
        );
    }
  }

  #openWindow(ticket: unknown): boolean {
    if (typeof ticket !== "string" || !TICKET.test(ticket)) {
      throw new EnclaveError("BadRequest", "a ticket is 32 hexadecimal digits");
    }
    const view = this.#frame.ownerDocument.defaultView;
    // A name of its own, so that no window that is there already is taken for it.
    return view?.open(`${this.#origin}${WINDOW_PATH}#${ticket}`, `idos-${ticket}`, WINDOW) != null;
  }

  async #storeKeyRing(keyRing: unknown, replaces: unknown): Promise<string> {
    if (typeof keyRing !== "string" || (typeof replaces !== "string" && replaces !== null)) {
      throw new EnclaveError("BadRequest", "a key ring is a text");
    }
    try {
      return await this.#options.storeKeyRing(keyRing, replaces);
    } catch (cause) {
      throw new EnclaveError("Network", "the page could not store the key ring", { cause });
    }
  }
}

function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || parsed.origin === "null") {
    throw new UsageError("Argument", "the enclave is at an origin, like https://enclave.example");
  }
  return parsed.origin;
}

function resize(frame: HTMLIFrameElement, height: unknown): void {
  const pixels = typeof height === "number" && height > 0 ? Math.min(Math.ceil(height), MOST_HEIGHT) : 0;
  frame.style.height = `${pixels}px`;
  frame.style.visibility = pixels === 0 ? "hidden" : "visible";
}

/** Loads the frame and greets it. Resolves to the page's end of the channel. */
function welcomed(origin: string, frame: HTMLIFrameElement, container: HTMLElement): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const { port1, port2 } = new MessageChannel();
    const fail = (message: string) => {
      clearTimeout(timer);
      port1.close();
      reject(new EnclaveError("Network", message));
    };
    const timer = setTimeout(() => fail(`no enclave answers at ${origin}`), OPEN_MILLIS);
    port1.onmessage = ({ data }) => {
      port1.onmessage = null;
      if (data?.type !== "idos-enclave:welcome" || data.version !== PROTOCOL_VERSION) {
        fail("the enclave speaks another version than this client: update it");
        return;
      }
      clearTimeout(timer);
      resolve(port1);
    };
    frame.addEventListener(
      "load",
      () => {
        const hello: Hello = { type: "idos-enclave:hello", version: PROTOCOL_VERSION };
        frame.contentWindow?.postMessage(hello, origin, [port2]);
      },
      { once: true },
    );
    container.append(frame);
  });
}
