import { EnclaveError, type FactorChange } from "idos-client/enclave";
import {
  KeyRing,
  type NewFactor,
  type Password,
  PasswordCost,
  RecoveryWords,
  type Unlocked,
  UserKey,
  wipe,
} from "idos-crypto";
import { checkOwner, PersonKeys } from "../keys/person-keys.ts";
import { h } from "../page/dom.ts";
import { rememberRevision, revisionSeen } from "../page/memory.ts";
import { havePasskeys } from "../page/passkey-support.ts";
import { TEXTS } from "../texts.ts";
import { newPasswordFields, userField } from "./fields.ts";
import { newPasskey, PasskeyError } from "./passkey.ts";
import { alert, asker, decision, form, refusal, type Screen } from "./screen.ts";
import type { MadeKeys, Steps } from "./steps.ts";
import { unlockCompatible, unlockRing } from "./unlock.ts";
import { ownedWallet, teachWords } from "./words.ts";

type Argument = Parameters<Steps["change"]>[0];
/** Stores a ring in place of the one that it was made from; gives what the network has after that. */
type Store = (keyRing: string, replaces: string | null) => Promise<string>;

/** A ring that is stored, and what became of it. */
interface Changed {
  readonly ring: KeyRing;
  readonly recovery: MadeKeys["recovery"];
}

/** Changes how a profile unlocks. Whoever sits at an unlocked browser can not: it unlocks once more first. */
export async function change(screen: Screen, argument: Argument, store: Store): Promise<MadeKeys> {
  const { holder, change: wanted } = argument;
  if (wanted.kind === "adopt") {
    return adopt(screen, argument, store);
  }
  if (holder.keyRing === null) {
    throw new EnclaveError("BadRequest", "this profile has no key ring to change: adopt one first");
  }
  const opened = await unlockRing(screen, { ...argument, keyRing: holder.keyRing }, TEXTS.change.unlockFirst);
  checkOwner(opened.keys, holder);
  const { ring, recovery } = await changed(screen, argument, wanted, opened.ring, opened.unlocked, store);
  rememberRevision(holder.userId, ring.revision);
  const keys = opened.keys.expose();
  wipe(opened.keys);
  return { keys, idleMinutes: opened.idleMinutes, keyRing: ring.toBase64(), recovery };
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
      screen.wait(TEXTS.deriving);
      const { both } = await ring.changePassword(unlocked, password, PasswordCost.DEFAULT);
      const stored = KeyRing.fromBase64(await store(both.toBase64(), ring.toBase64()), userId);
      const done = await finishPassword(stored, both.revision, password);
      wipe(password);
      return { ring: await storedRing(done, stored, userId, store), recovery: null };
    }
    case "add-passkey": {
      const factor = await askPasskey(screen, origin, userId);
      const { ring: grown } = await ring.withFactor(keys, factor);
      wipe(factor.secret);
      return { ring: await storedRing(grown, ring, userId, store), recovery: null };
    }
    case "add-words": {
      await agree(
        screen,
        origin,
        TEXTS.change.words,
        TEXTS.change.wordsLead,
        TEXTS.change.addWords,
        "primary",
      );
      const words = RecoveryWords.generate();
      await teachWords(screen, words);
      screen.wait(TEXTS.waiting);
      const { ring: grown } = await ring.withFactor(keys, { kind: "words", words });
      const recovery = await ownedWallet(words, chainId, userId);
      wipe(words);
      return { ring: await storedRing(grown, ring, userId, store), recovery };
    }
    case "remove": {
      const wrap = ring.wraps.find(({ id }) => id === BigInt(wanted.factorId));
      if (wrap === undefined) {
        throw new EnclaveError("BadRequest", "the key ring has no such way to unlock");
      }
      const lead = [
        TEXTS.change.removeLead(TEXTS.change.kinds[wrap.by.kind]),
        wrap.by.kind === "words" ? TEXTS.change.removeWords : "",
      ].join(" ");
      const without = ring.without(keys, wrap.id);
      await agree(screen, origin, TEXTS.change.remove, lead, TEXTS.change.removeDone, "danger");
      return { ring: await storedRing(without, ring, userId, store), recovery: null };
    }
  }
}

/** Stores a ring, and gives it; what the network gives back has to be it. */
async function storedRing(
  ring: KeyRing,
  replaces: KeyRing | null,
  userId: string,
  store: Store,
): Promise<KeyRing> {
  const stored = KeyRing.fromBase64(await store(ring.toBase64(), replaces?.toBase64() ?? null), userId);
  if (stored.toBase64() !== ring.toBase64()) {
    throw new EnclaveError("KeyRing", "the network gives back another key ring than the one that was stored");
  }
  return stored;
}

/** The ring with the new password only, once that opens what the network stores. */
async function finishPassword(stored: KeyRing, revision: bigint, password: Password): Promise<KeyRing> {
  let reopened: Unlocked;
  try {
    reopened = await stored.unlock({ kind: "password", password }, revision);
  } catch (cause) {
    throw new EnclaveError("KeyRing", TEXTS.change.notStored, { cause });
  }
  try {
    const others = stored.wraps.filter(({ id, by }) => by.kind === "password" && id !== reopened.by);
    return others.reduce((ring, { id }) => ring.without(reopened.keys, id), stored);
  } finally {
    wipe(reopened.keys);
  }
}

async function adopt(screen: Screen, argument: Argument, store: Store): Promise<MadeKeys> {
  const { holder, origin } = argument;
  if (holder.keyRing !== null) {
    throw new EnclaveError("BadRequest", "this profile has a key ring already");
  }
  if (argument.seen > 0n || revisionSeen(holder.userId) > 0n) {
    // Whoever leaves the ring out would have another one put in its place.
    throw new EnclaveError("KeyRing", TEXTS.change.ringSeen);
  }
  const opened = await unlockCompatible(screen, argument, TEXTS.change.unlockFirst);
  const password = await askPassword(
    screen,
    origin,
    holder.userId,
    TEXTS.change.adopt,
    TEXTS.change.adoptDone,
    TEXTS.change.adoptLead,
  );
  screen.wait(TEXTS.deriving);
  const key = UserKey.adopt(opened.key);
  const factor: NewFactor = { kind: "password", password, cost: PasswordCost.DEFAULT };
  const created = await KeyRing.create(holder.userId, key, factor);
  wipe(opened.keys, key, password);
  const ring = await storedRing(created.ring, null, holder.userId, store);
  rememberRevision(holder.userId, ring.revision);
  const made = PersonKeys.of(holder.userId, created.keys);
  const keys = made.expose();
  wipe(made);
  return { keys, idleMinutes: opened.idleMinutes, keyRing: ring.toBase64(), recovery: null };
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
