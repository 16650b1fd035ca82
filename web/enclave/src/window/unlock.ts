import type { FactorKind, Holder } from "idos-client/enclave";
import {
  type Factor,
  KeyRing,
  keyFromPassword,
  Password,
  PublicKey,
  RecoveryWords,
  RecoveryWordsError,
  UnlockError,
  type Unlocked,
  wipe,
} from "idos-crypto";
import { PersonKeys } from "../keys/person-keys.ts";
import { h } from "../page/dom.ts";
import { isKnownOrigin, rememberOrigin, rememberRevision, revisionSeen } from "../page/memory.ts";
import { refuseWithoutRing } from "../page/ring-seen.ts";
import { TEXTS } from "../texts.ts";
import { field, idleField, passwordField, userField } from "./fields.ts";
import { PasskeyError, passkeyOf } from "./passkey.ts";
import { alert, armed, asker, decidingForm, refusal, type Screen } from "./screen.ts";
import type { Opened, Steps } from "./steps.ts";

type Argument = Parameters<Steps["unlock"]>[0];

/** What is typed: the window shows the field for one of them at a time. */
type Typed = "password" | "words";

/** What the person gave to unlock with. */
type Given =
  | { readonly kind: "password"; readonly typed: string }
  | { readonly kind: "words"; readonly typed: string }
  | { readonly kind: "passkey" };

/** Unlocks the keys of a profile, and lets this site use them. */
export async function unlock(screen: Screen, argument: Argument): Promise<Opened> {
  const { holder, seen } = argument;
  const lead = TEXTS.unlock.lead;
  if (holder.keyRing === null) {
    refuseWithoutRing(holder.userId, seen);
  }
  const opened =
    holder.keyRing === null
      ? await unlockCompatible(screen, argument, lead)
      : await unlockRing(screen, { ...argument, keyRing: holder.keyRing }, lead);
  const keys = opened.keys.expose();
  wipe(opened.keys);
  rememberOrigin(holder.userId, argument.origin);
  return { keys, idleMinutes: opened.idleMinutes };
}

/** Unlocks the key that a password gives. */
export async function unlockCompatible(
  screen: Screen,
  { origin, holder }: Pick<Argument, "origin" | "holder">,
  lead: string,
): Promise<{
  readonly keys: PersonKeys;
  readonly key: Awaited<ReturnType<typeof keyFromPassword>>;
  readonly idleMinutes: number;
}> {
  const shown = PublicKey.fromBase64(holder.encryptionPublicKey);
  const question: Question = { origin, holder, kinds: ["password"], lead, idle: idleField() };
  let fault: string | undefined;
  for (;;) {
    const given = await ask(screen, question, "password", fault);
    screen.wait(TEXTS.deriving);
    const password = new Password(given.kind === "passkey" ? "" : given.typed);
    const key = await keyFromPassword(password, holder.userId);
    wipe(password);
    if (key.publicKey().equals(shown)) {
      return { keys: PersonKeys.of(holder.userId, key), key, idleMinutes: question.idle.minutes() };
    }
    wipe(key);
    fault = TEXTS.unlock.wrongPassword;
  }
}

/** Unlocks a key ring by whatever the person has. */
export async function unlockRing(
  screen: Screen,
  { origin, holder, keyRing, seen }: Argument & { readonly keyRing: string },
  lead: string,
): Promise<{
  readonly keys: PersonKeys;
  readonly ring: KeyRing;
  readonly unlocked: Unlocked;
  readonly idleMinutes: number;
}> {
  const { userId } = holder;
  const ring = KeyRing.fromBase64(keyRing, userId);
  const kinds = [...new Set(ring.wraps.map(({ by }) => by.kind))];
  const question: Question = { origin, holder, kinds, lead, idle: idleField() };
  const known = revisionSeen(userId);
  let typed: Typed = kinds.includes("password") || !kinds.includes("words") ? "password" : "words";
  let fault: string | undefined;
  for (;;) {
    const given = await ask(screen, question, typed, fault);
    // Whoever mistyped types the same again.
    typed = given.kind === "passkey" ? typed : given.kind;
    screen.wait(TEXTS.deriving);
    const result = await tried(ring, given, known > seen ? known : seen);
    if (typeof result === "string") {
      fault = result;
      continue;
    }
    rememberRevision(userId, ring.revision);
    const keys = PersonKeys.of(userId, result.keys);
    return { keys, ring, unlocked: result, idleMinutes: question.idle.minutes() };
  }
}

/** What comes out of the ring, or what to say to the person who may try again. */
async function tried(ring: KeyRing, given: Given, seen: bigint): Promise<Unlocked | string> {
  let factor: Factor | undefined;
  try {
    factor = await factorOf(ring, given);
    return await ring.unlock(factor, seen);
  } catch (error) {
    if (error instanceof PasskeyError) {
      return TEXTS.unlock.passkeyFailed;
    }
    if (error instanceof RecoveryWordsError) {
      return error.message;
    }
    if (error instanceof UnlockError && error.reason !== "Altered" && error.reason !== "Old") {
      if (error.reason === "WrongPassword") {
        return TEXTS.unlock.wrongPassword;
      }
      return given.kind === "passkey" ? TEXTS.unlock.passkeyOther : error.message;
    }
    throw error;
  } finally {
    if (factor !== undefined) {
      wipe(
        factor.kind === "password" ? factor.password : factor.kind === "words" ? factor.words : factor.secret,
      );
    }
  }
}

async function factorOf(ring: KeyRing, given: Given): Promise<Factor> {
  switch (given.kind) {
    case "password":
      return { kind: "password", password: new Password(given.typed) };
    case "words":
      return { kind: "words", words: RecoveryWords.parse(given.typed) };
    case "passkey":
      return passkeyOf(ring.wraps);
  }
}

/** What stays the same however often it is asked: also what the person chose of it. */
interface Question {
  readonly origin: string;
  readonly holder: Holder;
  readonly kinds: readonly FactorKind[];
  readonly lead: string;
  readonly idle: ReturnType<typeof idleField>;
}

async function ask(screen: Screen, question: Question, first: Typed, fault?: string): Promise<Given> {
  let typed = first;
  for (let said = fault; ; said = undefined) {
    const given = await askOnce(screen, question, typed, said);
    if (given !== "other") {
      return given;
    }
    typed = typed === "password" ? "words" : "password";
  }
}

function askOnce(
  screen: Screen,
  { origin, holder, kinds, lead, idle }: Question,
  typed: Typed,
  fault: string | undefined,
): Promise<Given | "other"> {
  return screen.ask<Given | "other">(TEXTS.unlock.title, ({ done, decline, signal }) => {
    const input = typed === "password" ? passwordField(TEXTS.password, false) : wordsField();
    input.input.autofocus = true;
    const ofPasskey: readonly (string | undefined)[] = [
      TEXTS.unlock.passkeyFailed,
      TEXTS.unlock.passkeyOther,
    ];
    const isTyped = kinds.includes(typed) && !ofPasskey.includes(fault);
    input.complain(isTyped ? fault : undefined);
    const other = kinds.includes(typed === "password" ? "words" : "password");
    return [
      asker(origin, lead),
      isKnownOrigin(holder.userId, origin) ? undefined : h("p", { class: "notice small" }, TEXTS.firstTime),
      fault === undefined || isTyped ? undefined : alert(fault),
      kinds.includes("passkey") ? passkeyButton(() => done({ kind: "passkey" }), signal) : undefined,
      kinds.includes(typed)
        ? decidingForm(
            TEXTS.unlock.byPassword,
            () => done({ kind: typed, typed: input.input.value }),
            signal,
            userField(holder.userId),
            input.element,
            idle.element,
          )
        : idle.element,
      h(
        "div",
        { class: "actions" },
        other
          ? h(
              "button",
              { class: "button", type: "button", "data-kind": "quiet", onclick: () => done("other") },
              typed === "password" ? TEXTS.unlock.byWords : TEXTS.unlock.byOther,
            )
          : undefined,
        refusal(TEXTS.cancel, decline),
      ),
      h("p", { class: "small muted" }, TEXTS.yourKeys),
    ];
  });
}

/** To unlock is a decision: a password manager may have filled in all that it takes. */
function passkeyButton(onclick: () => void, signal: AbortSignal): HTMLElement {
  const attributes = { class: "button", type: "button", id: "passkey", "data-kind": "primary" };
  const button = h("button", { ...attributes, disabled: true, onclick }, TEXTS.unlock.byPasskey);
  armed(button, signal);
  return button;
}

/** A field for recovery words. */
export function wordsField() {
  const attributes = { type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false" };
  return field(TEXTS.words.label, attributes, TEXTS.words.hint);
}
