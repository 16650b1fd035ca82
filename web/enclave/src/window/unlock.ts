import type { FactorKind, Holder } from "idos-client/enclave";
import {
  type Factor,
  KeyRing,
  keyFromPassword,
  Password,
  PublicKey,
  type RecoveryWords,
  UnlockError,
  type Unlocked,
  wipe,
} from "idos-crypto";
import { PersonKeys } from "../keys/person-keys.ts";
import { h } from "../page/dom.ts";
import { isKnownOrigin, rememberOrigin, rememberRevision, revisionSeen } from "../page/memory.ts";
import { refuseWithoutRing } from "../page/ring-seen.ts";
import { TEXTS } from "../texts.ts";
import { idleField, passwordField, userField } from "./fields.ts";
import { PasskeyError, passkeyOf } from "./passkey.ts";
import { alert, armed, asker, decidingForm, refusal, type Screen } from "./screen.ts";
import type { Opened, Steps } from "./steps.ts";
import { type WordsField, wordsField } from "./words-field.ts";

type Argument = Parameters<Steps["unlock"]>[0];

/** What is typed: the window shows the field for one of them at a time. */
type Typed = "password" | "words";

/** What the person gave to unlock with. */
type Given =
  | { readonly kind: "password"; readonly typed: string }
  | { readonly kind: "words"; readonly words: RecoveryWords }
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
  const question = questionOf({ origin, holder, kinds: ["password"], lead });
  let fault: string | undefined;
  for (;;) {
    const given = await ask(screen, question, "password", fault);
    screen.wait(TEXTS.deriving);
    const password = new Password(given.kind === "password" ? given.typed : "");
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
  const question = questionOf({ origin, holder, kinds, lead });
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
    question.words.input.value = "";
    rememberRevision(userId, ring.revision);
    const keys = PersonKeys.of(userId, result.keys);
    return { keys, ring, unlocked: result, idleMinutes: question.idle.minutes() };
  }
}

/** What to say of what does not open the ring. */
const WRONG: Readonly<Record<FactorKind, string>> = {
  password: TEXTS.unlock.wrongPassword,
  words: TEXTS.unlock.wrongWords,
  passkey: TEXTS.unlock.passkeyOther,
};

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
    if (error instanceof UnlockError && error.reason !== "Altered" && error.reason !== "Old") {
      return WRONG[given.kind];
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
      return given;
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
  readonly words: WordsField;
}

function questionOf(asked: Omit<Question, "idle" | "words">): Question {
  return { ...asked, idle: idleField(), words: wordsField() };
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
  { origin, holder, kinds, lead, idle, words }: Question,
  typed: Typed,
  fault: string | undefined,
): Promise<Given | "other"> {
  return screen.ask<Given | "other">(TEXTS.unlock.title, ({ done, decline, signal }) => {
    const password = passwordField(TEXTS.password, false);
    password.input.autofocus = true;
    const shown = typed === "password" ? password : words;
    const submit = () => {
      if (typed === "password") {
        done({ kind: "password", typed: password.input.value });
        return;
      }
      const read = words.read();
      if (read !== undefined) {
        done({ kind: "words", words: read });
      }
    };
    const ofPasskey: readonly (string | undefined)[] = [
      TEXTS.unlock.passkeyFailed,
      TEXTS.unlock.passkeyOther,
    ];
    const isTyped = kinds.includes(typed) && !ofPasskey.includes(fault);
    shown.complain(isTyped ? fault : undefined);
    const other = kinds.includes(typed === "password" ? "words" : "password");
    return [
      asker(origin, lead),
      isKnownOrigin(holder.userId, origin) ? undefined : h("p", { class: "notice small" }, TEXTS.firstTime),
      fault === undefined || isTyped ? undefined : alert(fault),
      kinds.includes("passkey") ? passkeyButton(() => done({ kind: "passkey" }), signal) : undefined,
      kinds.includes(typed)
        ? decidingForm(
            TEXTS.unlock.byPassword,
            submit,
            signal,
            userField(holder.userId),
            shown.element,
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
