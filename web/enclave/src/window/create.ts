import {
  KeyRing,
  keyFromPassword,
  type NewFactor,
  type Password,
  PasswordCost,
  RecoveryWords,
  type RingWithKeys,
  UserKey,
  wipe,
} from "idos-crypto";
import { PersonKeys } from "../keys/person-keys.ts";
import { h } from "../page/dom.ts";
import { rememberOrigin } from "../page/memory.ts";
import { havePasskeys } from "../page/passkey-support.ts";
import { refuseWithoutRing } from "../page/ring-seen.ts";
import { TEXTS } from "../texts.ts";
import { field, idleField, newPasswordFields, userField } from "./fields.ts";
import { newPasskey, PasskeyError } from "./passkey.ts";
import { alert, asker, form, refusal, type Screen } from "./screen.ts";
import type { MadeKeys, Steps } from "./steps.ts";
import { ownedWallet, teachWords } from "./words.ts";

type Argument = Parameters<Steps["create"]>[0];

interface Chosen {
  readonly by: Password | "passkey";
  readonly wantsWords: boolean;
  readonly idleMinutes: number;
}

/** Makes the keys of a new profile. */
export async function create(screen: Screen, argument: Argument): Promise<MadeKeys> {
  const { userId, origin, compatible } = argument;
  refuseWithoutRing(userId);
  const passkeys = !compatible && (await havePasskeys());
  const made = compatible
    ? await compatibleKeys(screen, argument, await choose(screen, argument, false, choices()))
    : await ringKeys(screen, argument, passkeys);
  rememberOrigin(userId, origin);
  return made;
}

async function compatibleKeys(
  screen: Screen,
  { userId }: Argument,
  { by, idleMinutes }: Chosen,
): Promise<MadeKeys> {
  if (by === "passkey") {
    throw new TypeError("the compatible suite has no passkeys");
  }
  screen.wait(TEXTS.deriving);
  const key = await keyFromPassword(by, userId).finally(() => wipe(by));
  const keys = PersonKeys.of(userId, key);
  const bytes = keys.expose();
  wipe(keys);
  return { keys: bytes, idleMinutes, keyRing: null, recovery: null };
}

async function ringKeys(screen: Screen, argument: Argument, passkeys: boolean): Promise<MadeKeys> {
  const { userId } = argument;
  const beside = choices();
  let fault: string | undefined;
  for (;;) {
    const chosen = await choose(screen, argument, passkeys, beside, fault);
    const factor = await factorOf(screen, chosen, userId);
    if (factor === undefined) {
      fault = TEXTS.unlock.passkeyFailed;
      continue;
    }
    const { ring, keys, recovery } = await createdKeys(screen, argument, factor, chosen.wantsWords);
    const made = PersonKeys.of(userId, keys);
    const bytes = made.expose();
    wipe(made);
    // Its revision is not remembered: a ring that nobody stored would keep the person from the one that is.
    return { keys: bytes, idleMinutes: chosen.idleMinutes, keyRing: ring.toBase64(), recovery };
  }
}

/** New keys in a ring that opens by a factor, which is wiped, and by recovery words if they are wanted. */
async function createdKeys(
  screen: Screen,
  { userId, chainId }: Argument,
  factor: NewFactor,
  wantsWords: boolean,
): Promise<RingWithKeys & Pick<MadeKeys, "recovery">> {
  screen.wait(TEXTS.deriving);
  const key = UserKey.generate();
  let created: RingWithKeys;
  try {
    created = await KeyRing.create(userId, key, factor);
  } finally {
    wipe(
      key,
      factor.kind === "password" ? factor.password : factor.kind === "passkey" ? factor.secret : factor.words,
    );
  }
  if (!wantsWords) {
    return { ...created, recovery: null };
  }
  const words = RecoveryWords.generate();
  try {
    await teachWords(screen, words);
    const { ring } = await created.ring.withFactor(created.keys, { kind: "words", words });
    return { ring, keys: created.keys, recovery: await ownedWallet(words, chainId, userId) };
  } catch (error) {
    wipe(created.keys);
    throw error;
  } finally {
    wipe(words);
  }
}

async function factorOf(screen: Screen, { by }: Chosen, userId: string): Promise<NewFactor | undefined> {
  if (by !== "passkey") {
    return { kind: "password", password: by, cost: PasswordCost.DEFAULT };
  }
  screen.wait(TEXTS.waiting);
  try {
    return await newPasskey(userId);
  } catch (error) {
    if (error instanceof PasskeyError) {
      return undefined;
    }
    throw error;
  }
}

/** What the person chooses beside a way to unlock: it stays so when they try again. */
function choices() {
  const words = field(TEXTS.create.words, { type: "checkbox", checked: true }, TEXTS.create.wordsHint);
  words.element.className = "choice";
  words.input.className = "";
  words.element.prepend(words.input);
  return { words, idle: idleField() };
}

function choose(
  screen: Screen,
  argument: Argument,
  passkeys: boolean,
  { words, idle }: ReturnType<typeof choices>,
  fault?: string,
): Promise<Chosen> {
  const { origin, userId, compatible } = argument;
  return screen.ask<Chosen>(TEXTS.create.title, ({ done, decline }) => {
    const password = newPasswordFields(TEXTS.password);
    const chosen = (by: Chosen["by"]) =>
      done({ by, wantsWords: !compatible && words.input.checked, idleMinutes: idle.minutes() });
    const submit = () => {
      const read = password.read();
      if (read !== undefined) {
        chosen(read);
      }
    };
    return [
      asker(origin, compatible ? TEXTS.create.compatibleLead : TEXTS.create.lead),
      fault === undefined ? undefined : alert(fault),
      form(
        submit,
        userField(userId),
        ...password.elements,
        compatible ? undefined : words.element,
        idle.element,
        h("button", { class: "button", type: "submit", "data-kind": "primary" }, TEXTS.create.submit),
      ),
      h(
        "div",
        { class: "actions" },
        passkeys
          ? h(
              "button",
              { class: "button", type: "button", id: "passkey", onclick: () => chosen("passkey") },
              TEXTS.create.passkey,
            )
          : undefined,
        h(
          "p",
          { class: "small muted" },
          compatible ? "" : passkeys ? TEXTS.create.passkeyHint : TEXTS.create.noPasskeys,
        ),
        refusal(TEXTS.cancel, decline),
      ),
      h("p", { class: "small muted" }, TEXTS.yourKeys),
    ];
  });
}
