import type { Person, Profile } from "idos-client";
import type { EnclaveApi } from "idos-client/enclave";
import { afterwards } from "../rules/error-text.ts";
import { matchOf } from "../rules/onboarding.ts";
import { storeKeyRing } from "../session/key-ring.ts";
import { type Draft, DraftError, dropDraft, keepDraft, withDraft } from "../session/onboarding-draft.ts";
import { forgetOwnKey, keepOwnKey } from "../session/own-key.ts";
import { TEXTS } from "../texts.ts";
import { createProfile } from "./issuer.ts";

/** How often, and after how many milliseconds each, a new profile is looked for: nodes are not all at the same block. */
const LOOKS = 10;
const LOOK_MILLIS = 500;

/** Has the enclave make the keys, unless another tab of this browser has: two pairs of keys are one too many. */
export function makeKeys(
  enclave: Pick<EnclaveApi, "status" | "lock" | "create">,
  { wallet }: Pick<Person, "wallet">,
): Promise<Draft> {
  return withDraft(wallet, async (draft) => {
    if (draft.keys !== null) {
      return draft;
    }
    const { userId } = draft;
    const unlocked = (await enclave.status(null)).userId;
    if (unlocked !== null && unlocked !== userId) {
      // Somebody who was here before has left their keys open.
      await enclave.lock(null);
    }
    const keys = await enclave.create({ userId, compatible: false });
    const made: Draft = { ...draft, keys };
    keepDraft(wallet, made);
    keepOwnKey({ userId, encryptionPublicKey: keys.encryptionPublicKey });
    return made;
  });
}

/**
 * Has the issuer make the profile, unless it is there, and stores the key ring at once: without it, what is encrypted
 * for the profile opens nowhere. The ring is stored only if the profile shows the keys that it holds, and in the place
 * of no other.
 */
export function makeProfile(person: Person): Promise<void> {
  return withDraft(person.wallet, async (draft) => {
    const { keys, userId, issuerUrl } = draft;
    if (keys === null) {
      throw new DraftError(TEXTS.onboarding.draftGone);
    }
    const isNew = (await person.profile()).value === undefined;
    if (isNew) {
      const wallet = await person.signOwnership(userId);
      await createProfile(issuerUrl, { userId, encryptionPublicKey: keys.encryptionPublicKey }, wallet);
    }
    const match = matchOf(draft, await afterwards(isNew, () => shownProfile(person)));
    if (match !== "own") {
      throw new DraftError(TEXTS.onboarding[match === "other-key" ? "otherKeyMade" : "otherProfile"]);
    }
    const { keyRing } = keys;
    if (keyRing !== null) {
      await afterwards(isNew, () => storeKeyRing(person, keyRing, null));
    }
  });
}

/**
 * Gives up what was begun, unless it has become a profile: its issuer does not answer any more, or what opens its keys is
 * forgotten. No other tab is at it meanwhile.
 */
export function beginAnew(
  enclave: () => Promise<Pick<EnclaveApi, "status" | "lock">>,
  person: Person,
): Promise<void> {
  return withDraft(person.wallet, async (draft) => {
    if ((await person.profile()).value !== undefined) {
      throw new DraftError(TEXTS.onboarding.hasProfile);
    }
    if (draft.keys !== null) {
      // Where there is no enclave, nothing of it is unlocked.
      await enclave()
        .then((it) => lockDraft(it, draft))
        .catch(() => undefined);
    }
    dropDraft(person.wallet);
    forgetOwnKey(draft.userId);
  });
}

/** Locks the keys of a draft that is given up: they would keep those of the profile out. */
export async function lockDraft(
  enclave: Pick<EnclaveApi, "status" | "lock">,
  { userId }: Pick<Draft, "userId">,
): Promise<void> {
  if ((await enclave.status(null)).userId === userId) {
    await enclave.lock(null);
  }
}

async function shownProfile(person: Person): Promise<Profile> {
  for (let look = 1; look <= LOOKS; look += 1) {
    const { value } = await person.profile();
    if (value !== undefined) {
      return value;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS));
  }
  throw new DraftError(TEXTS.onboarding.notShown);
}
