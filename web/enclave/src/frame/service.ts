// What the page may ask, done. The frame holds the keys and handles what is sealed; whatever the person types or
// decides happens in a window.
import {
  EnclaveError,
  type EnclaveMethods,
  type EnclaveStatus,
  type Factor,
  type Holder,
  type SealedCredential,
  type Unlocked,
  type WithHolder,
} from "idos-client/enclave";
import { contentHash, KeyRing, seal, wipe } from "idos-crypto";
import { meets } from "../credential/conditions.ts";
import { type JsonObject, readCredential, readDocument } from "../credential/document.ts";
import { type Examined, examine } from "../credential/examine.ts";
import { shown } from "../credential/facts.ts";
import { openAttribute, sealAttribute } from "../keys/attribute-value.ts";
import { checkOwner, fingerprint, owned, PersonKeys } from "../keys/person-keys.ts";
import { asking, type Network, recognise } from "../network/directory.ts";
import { rememberRevision, revisionSeen } from "../page/memory.ts";
import { havePasskeys } from "../page/passkey-support.ts";
import { refuseWithoutRing } from "../page/ring-seen.ts";
import { ARGUMENTS } from "./arguments.ts";
import { explained } from "./explained.ts";
import { Export } from "./export.ts";
import { type HostCalls, mayBeStored } from "./host.ts";
import { openCredential, opened, openedAttributes, openedIfReadable } from "./opened.ts";
import { Popup } from "./popup.ts";
import type { Recovery } from "./recovery.ts";
import type { Session } from "./session.ts";
import type { Stage } from "./stage.ts";

type Methods = {
  readonly [Name in keyof EnclaveMethods]: (
    argument: Parameters<EnclaveMethods[Name]>[0],
  ) => Promise<ReturnType<EnclaveMethods[Name]>>;
};

/** What the service works with. */
export interface Parts {
  /** The asking page, as the browser names it. */
  readonly origin: string;
  readonly host: HostCalls;
  readonly session: Session;
  readonly recovery: Recovery;
  readonly stage: Stage;
  readonly network: () => Promise<Network>;
}

/** Answers the requests of one page. */
export class Service {
  readonly #parts: Parts;
  readonly #methods: Methods;
  #isWindowOpen = false;
  #window: Popup | undefined;
  /** When the person last did something in the window. */
  #touchedAt = 0;
  /** Whether the page was asked to store a ring since the window opened: it may do so whatever becomes of the window. */
  #isStoring = false;
  #underWay: Export | undefined;
  /** How often it was locked: work that began before a lock ends with it. */
  #locks = 0;
  /** How often something was to be shown, or hidden: what comes late shows nothing. */
  #turn = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#methods = {
      status: () => this.#status(),
      create: (argument) => this.#create(argument),
      unlock: (argument) => this.#unlock(argument),
      lock: () => this.#lock(),
      share: (argument) => this.#share(argument),
      filter: (argument) => this.#filter(argument),
      show: (argument) => this.#show(argument),
      showAttributes: (argument) => this.#showAttributes(argument),
      hide: async () => this.#clear(),
      editAttribute: (argument) => this.#editAttribute(argument),
      changeFactors: (argument) => this.#changeFactors(argument),
      export: (argument) => this.#export(argument),
      exportPart: (argument) => this.#exportPart(argument),
      recover: () => this.#recover(),
      signAsRecovery: async ({ text, publicKey }) => ({
        signature: this.#parts.recovery.sign(text, publicKey),
      }),
    };
  }

  /** Answers one request, by its name. */
  async serve(method: string, argument: unknown): Promise<unknown> {
    if (!Object.hasOwn(this.#methods, method)) {
      throw new EnclaveError("BadRequest", `the enclave knows no ${method}`);
    }
    const name = method as keyof EnclaveMethods;
    try {
      const work = this.#methods[name] as (argument: unknown) => Promise<unknown>;
      return await work(ARGUMENTS[name](argument));
    } catch (error) {
      throw explained(error);
    }
  }

  /** To be called when it was locked: what was begun before ends, and nothing of it stays in sight. */
  locked(hadKeys: boolean): void {
    this.#locks += 1;
    this.#parts.recovery.end();
    this.#clear();
    this.#window?.close(wasLocked());
    if (hadKeys) {
      this.#parts.host.locked();
    }
  }

  /** Ends what outlived its time: to be called now and then, and when the machine may have slept. */
  endWhatIsDue(): void {
    this.#parts.recovery.forgetEnded();
    this.#parts.session.lockIfDue();
    // A lock closes the window. Without keys nothing locks, and new recovery words may be on its screen.
    if (this.#parts.session.keys === undefined && Date.now() - this.#touchedAt >= LEFT_ALONE_MILLIS) {
      this.#window?.close(leftAlone());
    }
  }

  async #status(): Promise<EnclaveStatus> {
    return { userId: this.#parts.session.keys?.userId ?? null, passkeys: await havePasskeys() };
  }

  async #create(argument: Parameters<Methods["create"]>[0]): ReturnType<Methods["create"]> {
    const { origin, session } = this.#parts;
    const other = session.keys;
    if (other !== undefined && !other.isOf(argument.userId)) {
      throw otherProfile();
    }
    refuseWithoutRing(argument.userId);
    const made = await this.#inWindow(async (window) => {
      const { chainId } = await this.#network();
      return window.ask("create", { ...argument, origin, chainId });
    });
    const keys = PersonKeys.read(made.keys);
    const encryptionPublicKey = keys.publicKey().toBase64();
    await session.unlock(keys, made.idleMinutes);
    return { encryptionPublicKey, keyRing: made.keyRing, recovery: made.recovery };
  }

  async #unlock(holder: Holder): Promise<Unlocked> {
    const keys = await this.#keysOf(holder);
    return {
      encryptionPublicKey: keys.publicKey().toBase64(),
      factors: factorsOf(holder.userId, holder.keyRing),
    };
  }

  async #lock(): Promise<null> {
    await this.#parts.session.lock();
    return null;
  }

  async #share(argument: Parameters<Methods["share"]>[0]): ReturnType<Methods["share"]> {
    const { origin, session } = this.#parts;
    const { credential, recipient, lockedUntil, expiresAt } = argument;
    return this.#withKeys(argument, true, async (keys, window) => {
      const plaintext = openCredential(keys, credential);
      try {
        const document = readDocument(plaintext);
        const { key, grantee, name } = await asking(async () => recognise(await this.#network(), recipient));
        const examined = await this.#examined(document, credential.publicNotes);
        if (examined.refusal !== undefined) {
          throw new EnclaveError(
            "InvalidCredential",
            `the credential is not what it says: ${examined.refusal}`,
          );
        }
        session.mustHave(keys);
        const question = { name, grantee, fingerprint: fingerprint(key), lockedUntil, expiresAt };
        await window.ask("share", {
          ...question,
          origin,
          credential: shown(examined, credential.publicNotes),
        });
        session.mustHave(keys);
        const sealed = seal(key, plaintext);
        return {
          content: sealed.contentBase64(),
          contentHash: contentHash(plaintext),
          encryptorPublicKey: sealed.encryptorPublicKey.toBase64(),
          grantee,
          name,
        };
      } finally {
        wipe(plaintext);
      }
    });
  }

  async #filter(argument: Parameters<Methods["filter"]>[0]): ReturnType<Methods["filter"]> {
    const { origin, session } = this.#parts;
    const { credentials, conditions } = argument;
    return this.#withKeys(argument, true, async (keys, window) => {
      const question = conditions.map(({ path, is, value }) => ({
        path,
        is,
        values: [value].flat(),
      }));
      await window.ask("filter", { origin, conditions: question, count: credentials.length });
      session.mustHave(keys);
      const isMet = (credential: SealedCredential) => {
        const document = openedIfReadable(keys, credential);
        return document !== undefined && meets(readCredential(document).subject, conditions);
      };
      return { ids: credentials.filter(isMet).map(({ id }) => id) };
    });
  }

  async #show(argument: Parameters<Methods["show"]>[0]): Promise<null> {
    const { credential } = argument;
    const turn = this.#nextTurn();
    return this.#withKeys(argument, false, async (keys) => {
      const examined = await this.#examined(opened(keys, credential), credential.publicNotes);
      this.#parts.session.mustHave(keys);
      if (this.#turn === turn) {
        this.#parts.stage.showCredential(examined, credential.publicNotes);
      }
      return null;
    });
  }

  async #showAttributes(argument: Parameters<Methods["showAttributes"]>[0]): Promise<null> {
    const turn = this.#nextTurn();
    return this.#withKeys(argument, false, async (keys) => {
      const open = openedAttributes(keys, argument.attributes);
      if (this.#turn === turn) {
        this.#parts.stage.showAttributes(open);
      }
      return null;
    });
  }

  #nextTurn(): number {
    this.#turn += 1;
    return this.#turn;
  }

  #clear(): null {
    this.#nextTurn();
    return this.#parts.stage.clear();
  }

  async #editAttribute(
    argument: Parameters<Methods["editAttribute"]>[0],
  ): ReturnType<Methods["editAttribute"]> {
    const { origin, session } = this.#parts;
    const { id, key, value } = argument;
    return this.#withKeys(argument, true, async (keys, window) => {
      const present = value === null ? "" : openAttribute(keys, { id, key, value });
      const edited = await window.ask("editAttribute", { origin, key, value: present });
      session.mustHave(keys);
      return { id, key, value: sealAttribute(keys, id, key, edited.value) };
    });
  }

  async #changeFactors(
    argument: Parameters<Methods["changeFactors"]>[0],
  ): ReturnType<Methods["changeFactors"]> {
    const { origin, session } = this.#parts;
    const { change, ...holder } = argument;
    this.#refuseOthers(holder);
    const made = await this.#inWindow(async (window) => {
      const { chainId } = await this.#network();
      return window.ask("change", { origin, holder, change, seen: revisionSeen(holder.userId), chainId });
    }).catch((error: unknown) => {
      throw this.#isStoring && isLeft(error) ? mayBeStored(error) : error;
    });
    const keys = owned(PersonKeys.read(made.keys), holder);
    const encryptionPublicKey = keys.publicKey().toBase64();
    await session.unlock(keys, made.idleMinutes);
    // That the ring is stored is only what the page says: the next unlocking remembers its revision.
    return { encryptionPublicKey, factors: factorsOf(holder.userId, made.keyRing), recovery: made.recovery };
  }

  async #export(argument: Parameters<Methods["export"]>[0]): ReturnType<Methods["export"]> {
    if (this.#underWay !== undefined) {
      throw windowIsOpen();
    }
    const { origin, session } = this.#parts;
    const made = new Export(argument, argument.more === true);
    this.#underWay = made;
    try {
      return await this.#withKeys(argument, true, (keys, window) =>
        made.offered(origin, keys, window, () => session.mustHave(keys)),
      );
    } catch (error) {
      made.fail(error);
      throw error;
    } finally {
      this.#underWay = undefined;
    }
  }

  async #exportPart(part: Parameters<Methods["exportPart"]>[0]): Promise<null> {
    if (this.#underWay === undefined) {
      throw new EnclaveError("BadRequest", "no export is under way");
    }
    return this.#underWay.take(part);
  }

  async #recover(): ReturnType<Methods["recover"]> {
    const { origin, recovery } = this.#parts;
    const { words } = await this.#inWindow((window) => window.ask("recover", { origin }));
    return { publicKey: recovery.begin(words) };
  }

  /** Does something with the keys; with a window if one is needed for that, or to unlock. */
  async #withKeys<T>(
    argument: WithHolder,
    needsWindow: true,
    work: (keys: PersonKeys, window: Popup) => Promise<T>,
  ): Promise<T>;
  async #withKeys<T>(
    argument: WithHolder,
    needsWindow: false,
    work: (keys: PersonKeys) => Promise<T>,
  ): Promise<T>;
  async #withKeys<T>(
    { holder }: WithHolder,
    needsWindow: boolean,
    work: (keys: PersonKeys, window: Popup) => Promise<T>,
  ): Promise<T> {
    const { session } = this.#parts;
    if (holder === undefined) {
      // Refused before a window opens for nothing.
      session.use();
    } else {
      this.#refuseOthers(holder);
    }
    if (!needsWindow) {
      const keys = holder === undefined ? session.use() : await this.#keysOf(holder);
      return (work as (keys: PersonKeys) => Promise<T>)(keys);
    }
    return this.#inWindow(async (window) => {
      const keys = holder === undefined ? session.use() : await this.#keysOf(holder, window);
      return work(keys, window);
    });
  }

  /** The keys of a person; unlocked by words that were just typed, or in a window. */
  async #keysOf(holder: Holder, window?: Popup): Promise<PersonKeys> {
    const { session, recovery, origin } = this.#parts;
    this.#refuseOthers(holder);
    if (session.keys !== undefined) {
      const keys = session.use();
      checkOwner(keys, holder);
      return keys;
    }
    const seen = revisionSeen(holder.userId);
    const locks = this.#locks;
    const byWords = await recovery.unlock(holder, seen);
    if (this.#locks !== locks) {
      byWords?.keys.wipe();
      throw wasLocked();
    }
    if (session.keys !== undefined) {
      // Another request unlocked meanwhile: to unlock again would wipe the keys that it works with.
      byWords?.keys.wipe();
      return this.#keysOf(holder, window);
    }
    if (byWords !== undefined) {
      const keys = owned(PersonKeys.of(holder.userId, byWords.keys), holder);
      rememberRevision(holder.userId, byWords.revision);
      await session.unlock(keys, RECOVERY_IDLE_MINUTES);
      return keys;
    }
    const ask = (popup: Popup) => popup.ask("unlock", { origin, holder, seen });
    const given = window === undefined ? await this.#inWindow(ask) : await ask(window);
    const keys = owned(PersonKeys.read(given.keys), holder);
    await session.unlock(keys, given.idleMinutes);
    rememberRing(holder.userId, holder.keyRing);
    return keys;
  }

  #refuseOthers({ userId }: Holder): void {
    if (this.#parts.session.keys?.isOf(userId) === false) {
      throw otherProfile();
    }
  }

  /** One window at a time: two that ask at once are not told apart by people. */
  async #inWindow<T>(work: (window: Popup) => Promise<T>): Promise<T> {
    if (this.#isWindowOpen) {
      throw windowIsOpen();
    }
    this.#isWindowOpen = true;
    this.#isStoring = false;
    const locks = this.#locks;
    try {
      const { host } = this.#parts;
      const window = await Popup.open(
        (ticket) => host.openWindow(ticket),
        (method, argument) => this.#serveWindow(method, argument),
      );
      if (this.#locks !== locks) {
        window.close();
        throw wasLocked();
      }
      this.#window = window;
      this.#touchedAt = Date.now();
      return await finished(window, work);
    } finally {
      this.#window = undefined;
      this.#isWindowOpen = false;
    }
  }

  async #serveWindow(method: string, argument: unknown): Promise<unknown> {
    if (method === "touch") {
      this.endWhatIsDue();
      this.#touchedAt = Date.now();
      await this.#parts.session.touch();
      return null;
    }
    if (method === "look") {
      this.endWhatIsDue();
      return null;
    }
    const { keyRing, replaces } = (argument ?? {}) as {
      readonly keyRing?: unknown;
      readonly replaces?: unknown;
    };
    const isRead = typeof keyRing === "string" && (typeof replaces === "string" || replaces === null);
    if (method !== "storeKeyRing" || !isRead) {
      throw new EnclaveError("Internal", "the window asks what the frame does not know: reload both");
    }
    this.#isStoring = true;
    return { keyRing: await this.#parts.host.storeKeyRing({ keyRing, replaces }) };
  }

  #network(): Promise<Network> {
    return asking(this.#parts.network);
  }

  /** Looks at a credential; the issuers are those whom the network lists, if it can be asked. */
  async #examined(document: JsonObject, publicNotes: string | null): Promise<Examined> {
    const parties = await asking(async () => (await this.#network()).parties()).catch(() => undefined);
    return examine(document, publicNotes, parties, new Date());
  }
}

/** Minutes that keys stay unlocked which the words unlocked: nobody was asked for how long. */
const RECOVERY_IDLE_MINUTES = 15;
/** How long a window stays in which nothing happens, while no keys are unlocked whose time would end it. */
const LEFT_ALONE_MILLIS = 15 * 60_000;

/** Closes the window when the work is done. What went wrong is said there too, unless it was the person's own no. */
async function finished<T>(window: Popup, work: (window: Popup) => Promise<T>): Promise<T> {
  try {
    // Who closes the window while the network is waited for is not held up by that; what was begun asks nothing more.
    const result = await window.whileOpen(work(window));
    window.close();
    return result;
  } catch (error) {
    const known = explained(error);
    if (known instanceof EnclaveError && known.reason !== "Declined") {
      window.leave(known.message);
    } else {
      window.close();
    }
    throw known;
  }
}

/** Whether the window ended before its work: closed by whomever, or by a lock. */
function isLeft(error: unknown): boolean {
  return error instanceof EnclaveError && (error.reason === "Declined" || error.reason === "Locked");
}

function otherProfile(): EnclaveError {
  return new EnclaveError("OtherProfile", "the keys of another profile are unlocked here: lock them first");
}

function windowIsOpen(): EnclaveError {
  return new EnclaveError("BadRequest", "the enclave's window is open for another request");
}

function wasLocked(): EnclaveError {
  return new EnclaveError("Locked", "the keys were locked: what was begun before does not go on");
}

function leftAlone(): EnclaveError {
  return new EnclaveError(
    "Locked",
    "nothing was done in the enclave's window for 15 minutes, so it was closed",
  );
}

/** Remembers a ring that the person's keys came out of: an older one is not taken for theirs here. */
function rememberRing(userId: string, keyRing: string | null): void {
  if (keyRing !== null) {
    rememberRevision(userId, KeyRing.fromBase64(keyRing, userId).revision);
  }
}

function factorsOf(userId: string, keyRing: string | null): readonly Factor[] {
  return keyRing === null
    ? []
    : KeyRing.fromBase64(keyRing, userId).wraps.map(({ id, by }) => ({ id: Number(id), kind: by.kind }));
}
