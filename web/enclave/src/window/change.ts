import { EnclaveError, type FactorChange } from "idos-client/enclave";
import {
  KeyRing,
  type Password,
  PasswordCost,
  RecoveryWords,
  type RingWithKeys,
  type SecretKey,
  type Unlocked,
  UserKey,
  type UserKeys,
  type WrapEntry,
  wipe,
} from "idos-crypto";
import { checkOwner, PersonKeys } from "../keys/person-keys.ts";
import { h } from "../page/dom.ts";
import { havePasskeys } from "../page/passkey-support.ts";
import { refuseWithoutRing } from "../page/ring-seen.ts";
import { TEXTS } from "../texts.ts";
import { newPasswordFields, userField } from "./fields.ts";
import { newPasskey, PasskeyError } from "./passkey.ts";
import { alert, asker, decision, form, refusal, type Screen } from "./screen.ts";
import type { MadeKeys, Steps } from "./steps.ts";
import { unlockCompatible, unlockRing } from "./unlock.ts";
import { ownedWallet, teachWords } from "./words.ts";

type Argument = Parameters<Steps["change"]>[0];
/** Has the page store a ring in place of the one that it was made from; gives what the page says is stored after that. */
type Store = (keyRing: string, replaces: string | null) => Promise<string>;

/** A ring that the page says it stored, and what else was made. */
interface Changed {
  readonly ring: KeyRing;
  readonly recovery: MadeKeys["recovery"];
}

/**
 * Changes how a profile unlocks. Whoever sits at an unlocked browser cannot: it unlocks once more first. That the new
 * ring is stored is only what the page says, so its revision is not remembered: the person would be kept from the one
 * that is stored. The next unlocking remembers it.
 */
export async function change(screen: Screen, argument: Argument, store: Store): Promise<MadeKeys> {
  const { holder, change: wanted } = argument;
  if (wanted.kind === "adopt") {
    return adopt(screen, argument, store);
  }
  if (holder.keyRing === null) {
    throw new EnclaveError("BadRequest", "this profile has no key ring to change: adopt one first");
  }
  const opened = await unlockRing(screen, { ...argument, keyRing: holder.keyRing }, TEXTS.change.unlockFirst);
  try {
    checkOwner(opened.keys, holder);
    const { ring, recovery } = await changed(screen, argument, wanted, opened.ring, opened.unlocked, store);
    const keyRing = ring.toBase64();
    return { keys: opened.keys.expose(), idleMinutes: opened.idleMinutes, keyRing, recovery };
  } finally {
    wipe(opened.keys);
  }
}

async function changed(
  screen: Screen,
  argument: Argument,
  wanted: Exclude<FactorChange, { kind: "adopt" }>,
  ring: KeyRing,
  unlocked: Unlocked,
  store: Store,
): Promise<Changed> {
  const { holder, origin, chainId } = argument;
  const { userId } = holder;
  const { keys } = unlocked;
  switch (wanted.kind) {
    case "password": {
      const { password: title, passwordDone } = TEXTS.change;
      const password = await askPassword(screen, origin, userId, title, passwordDone);
      try {
        screen.wait(TEXTS.deriving);
        const { both } = await ring.changePassword(unlocked, password, PasswordCost.DEFAULT);
        const stored = KeyRing.fromBase64(await store(both.toBase64(), ring.toBase64()), userId);
        const done = await finishPassword(stored, both.revision, password, keys);
        return { ring: await storedRing(done, stored, userId, store), recovery: null };
      } finally {
        wipe(password);
      }
    }
    case "add-passkey": {
      ring.checkRoomFor("passkey");
      const factor = await askPasskey(screen, origin, userId);
      try {
        const { ring: grown } = await ring.withFactor(keys, factor);
        return { ring: await storedRing(grown, ring, userId, store), recovery: null };
      } finally {
        wipe(factor.secret);
      }
    }
    case "add-words": {
      ring.checkRoomFor("words");
      await agree(
        screen,
        origin,
        TEXTS.change.words,
        TEXTS.change.wordsLead,
        TEXTS.change.addWords,
        "primary",
      );
      const words = RecoveryWords.generate();
      try {
        await teachWords(screen, words);
        screen.wait(TEXTS.waiting);
        const { ring: grown } = await ring.withFactor(keys, { kind: "words", words });
        const recovery = await ownedWallet(words, chainId, userId);
        return { ring: await storedRing(grown, ring, userId, store), recovery };
      } finally {
        wipe(words);
      }
    }
    case "remove": {
      const id = BigInt(wanted.factorId);
      if (!ring.wraps.some((wrap) => wrap.id === id)) {
        throw new EnclaveError("BadRequest", "the key ring has no such way to unlock");
      }
      const without = ring.without(keys, id);
      const [lead, warning] = removal(ring.wraps, id, unlocked.by);
      await agree(screen, origin, TEXTS.change.remove, lead, TEXTS.change.removeDone, "danger", warning);
      return { ring: await storedRing(without, ring, userId, store), recovery: null };
    }
  }
}

/** Which way to unlock is to be taken away, and what is left then; and apart what may be regretted. */
function removal(
  wraps: readonly WrapEntry[],
  id: bigint,
  used: bigint,
): readonly [lead: string, warning: string | undefined] {
  const { removeLead, removeWhich, removeUsed, removeWords, left, onlyLeft } = TEXTS.change;
  const rest = wraps.filter((wrap) => wrap.id !== id);
  const kinds = (["password", "passkey", "words"] as const)
    .map((kind) => ({ kind, count: rest.filter(({ by }) => by.kind === kind).length }))
    .filter(({ count }) => count > 0);
  const [first] = kinds;
  const kind = wraps.find((wrap) => wrap.id === id)?.by.kind ?? "password";
  const alike = wraps.filter(({ by }) => by.kind === kind);
  const isLast = rest.length === 1 && first !== undefined;
  const lead = [
    alike.length > 1 ? removeWhich(alike.findIndex((wrap) => wrap.id === id) + 1, alike.length, kind) : [],
    id === used ? removeUsed : [],
    removeLead(kind),
    isLast ? [] : left(kinds),
  ];
  const warning = [isLast ? onlyLeft(first.kind) : [], kind === "words" ? removeWords : []].flat();
  return [lead.flat().join(" "), warning.join(" ") || undefined];
}

/**
 * Has the page store a ring, and gives it; what the page gives back has to be it. That finds mistakes, not lies: the page
 * alone asks the network for it.
 */
async function storedRing(
  ring: KeyRing,
  replaces: KeyRing | null,
  userId: string,
  store: Store,
): Promise<KeyRing> {
  const stored = KeyRing.fromBase64(await store(ring.toBase64(), replaces?.toBase64() ?? null), userId);
  if (stored.toBase64() !== ring.toBase64()) {
    throw new EnclaveError("KeyRing", TEXTS.change.otherRing);
  }
  return stored;
}

/** The ring with the new password only, once that opens what the page says is stored, and the person's keys are in it. */
async function finishPassword(
  stored: KeyRing,
  revision: bigint,
  password: Password,
  keys: UserKeys,
): Promise<KeyRing> {
  let reopened: Unlocked;
  try {
    reopened = await stored.unlock({ kind: "password", password }, revision);
  } catch (cause) {
    throw new EnclaveError("KeyRing", TEXTS.change.notStored, { cause });
  }
  try {
    if (!reopened.keys.publicKey().equals(keys.publicKey())) {
      throw new EnclaveError("KeyRing", TEXTS.change.otherRing);
    }
    const others = stored.wraps.filter(({ id, by }) => by.kind === "password" && id !== reopened.by);
    return others.reduce((ring, { id }) => ring.without(reopened.keys, id), stored);
  } finally {
    wipe(reopened.keys);
  }
}

async function adopt(screen: Screen, argument: Argument, store: Store): Promise<MadeKeys> {
  const { holder } = argument;
  if (holder.keyRing !== null) {
    throw new EnclaveError("BadRequest", "this profile has a key ring already");
  }
  refuseWithoutRing(holder.userId, argument.seen);
  const opened = await unlockCompatible(screen, argument, TEXTS.change.unlockFirst);
  try {
    const created = await adoptedRing(screen, argument, opened.key);
    const made = PersonKeys.of(holder.userId, created.keys);
    try {
      const ring = await storedRing(created.ring, null, holder.userId, store);
      const keyRing = ring.toBase64();
      return { keys: made.expose(), idleMinutes: opened.idleMinutes, keyRing, recovery: null };
    } finally {
      wipe(made);
    }
  } finally {
    wipe(opened.keys);
  }
}

/** The first ring of a key that was derived from a password. */
async function adoptedRing(
  screen: Screen,
  { origin, holder: { userId } }: Argument,
  old: SecretKey,
): Promise<RingWithKeys> {
  const { adopt: title, adoptDone, adoptLead } = TEXTS.change;
  const password = await askPassword(screen, origin, userId, title, adoptDone, adoptLead);
  const key = UserKey.adopt(old);
  try {
    screen.wait(TEXTS.deriving);
    return await KeyRing.create(userId, key, { kind: "password", password, cost: PasswordCost.DEFAULT });
  } finally {
    wipe(key, password);
  }
}

function askPassword(
  screen: Screen,
  origin: string,
  userId: string,
  title: string,
  button: string,
  lead?: string,
): Promise<Password> {
  return screen.ask<Password>(title, ({ done, decline }) => {
    const fields = newPasswordFields(TEXTS.newPassword);
    const submit = () => {
      const password = fields.read();
      if (password !== undefined) {
        done(password);
      }
    };
    return [
      asker(origin, lead ?? ""),
      form(
        submit,
        userField(userId),
        ...fields.elements,
        h("button", { class: "button", type: "submit", "data-kind": "primary" }, button),
      ),
      h("div", { class: "actions" }, refusal(TEXTS.cancel, decline)),
    ];
  });
}

async function askPasskey(screen: Screen, origin: string, userId: string) {
  if (!(await havePasskeys())) {
    throw new EnclaveError("Unsupported", TEXTS.create.noPasskeys);
  }
  for (let fault: string | undefined; ; fault = TEXTS.change.passkeyFailed) {
    await agree(
      screen,
      origin,
      TEXTS.change.passkey,
      TEXTS.change.passkeyLead,
      TEXTS.change.addPasskey,
      "primary",
      fault,
    );
    try {
      return await newPasskey(userId);
    } catch (error) {
      if (!(error instanceof PasskeyError)) {
        throw error;
      }
    }
  }
}

function agree(
  screen: Screen,
  origin: string,
  title: string,
  lead: string,
  button: string,
  kind: "primary" | "danger",
  fault?: string,
): Promise<void> {
  return screen.ask<void>(title, ({ done, decline, signal }) => [
    asker(origin, lead),
    fault === undefined ? undefined : alert(fault),
    h(
      "div",
      { class: "actions" },
      decision(button, kind, () => done(), signal),
      refusal(TEXTS.cancel, decline),
    ),
  ]);
}
