/** What the network and this browser have of a person who is joining. */
export interface Progress {
  /** Keys that were made here and whose profile may not be there yet. */
  readonly hasKeys: boolean;
  readonly hasProfile: boolean;
  /** Whether keys that were made here have a ring which has to be stored. */
  readonly needsKeyRing: boolean;
  readonly hasKeyRing: boolean;
  /** Whether recovery words were taken, whose wallet has to be linked. */
  readonly needsRecovery: boolean;
  readonly hasRecovery: boolean;
  readonly hasCredential: boolean;
}

/**
 * What a profile is to a draft: its own; another one, whose keys are not those of the draft; or its own with a key that
 * was not made for it. The id of a draft is random, so for it nobody but the issuer, or the person later, set that key.
 */
export type Match = "own" | "other-profile" | "other-key";

export function matchOf(
  draft: { readonly userId: string; readonly keys: { readonly encryptionPublicKey: string } | null },
  profile: { readonly id: string; readonly encryptionPublicKey: string },
): Match {
  if (draft.userId !== profile.id) {
    return "other-profile";
  }
  const made = draft.keys?.encryptionPublicKey ?? profile.encryptionPublicKey;
  return made === profile.encryptionPublicKey ? "own" : "other-key";
}

export const STEPS = ["keys", "profile", "key-ring", "recovery", "credential"] as const;
export type Step = (typeof STEPS)[number];

/** What is to be done next; undefined if nothing is. Every step looks at what is there, so each can be repeated. */
export function nextStep(progress: Progress): Step | undefined {
  return STEPS.find((step) => isNeeded(step, progress) && !isDone(step, progress));
}

/** Whether a step is part of this person's way. */
export function isNeeded(
  step: Step,
  { needsKeyRing, needsRecovery, hasKeys, hasProfile }: Progress,
): boolean {
  switch (step) {
    case "keys":
      return !hasProfile || hasKeys;
    case "key-ring":
      return needsKeyRing;
    case "recovery":
      return needsRecovery;
    default:
      return true;
  }
}

export function isDone(step: Step, progress: Progress): boolean {
  switch (step) {
    case "keys":
      return progress.hasKeys || progress.hasProfile;
    case "profile":
      return progress.hasProfile;
    case "key-ring":
      return progress.hasKeyRing;
    case "recovery":
      return progress.hasRecovery;
    case "credential":
      return progress.hasCredential;
  }
}
