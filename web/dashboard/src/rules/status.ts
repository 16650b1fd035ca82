import type { Expiry } from "./expiry.ts";

/** Colours of badges. */
export type Tone = "good" | "warn" | "bad" | "neutral";

export interface Status {
  /** As it is shown; undefined if the notes say nothing. */
  readonly text: string | undefined;
  readonly tone: Tone;
}

const TONES: Readonly<Record<string, Tone>> = {
  approved: "good",
  active: "good",
  valid: "good",
  pending: "warn",
  expired: "bad",
  rejected: "bad",
  revoked: "bad",
  invalid: "bad",
};

/** The status that the notes say, unless the day of the end says otherwise. */
export function statusOf(status: string | undefined, expiry: Expiry): Status {
  const tone = status === undefined ? "neutral" : toneOf(status);
  // What is revoked does not become less bad by being over as well.
  if (expiry.kind === "over" && tone !== "bad") {
    return { text: "expired", tone: "bad" };
  }
  return { text: status, tone };
}

function toneOf(status: string): Tone {
  const name = status.toLowerCase();
  return Object.hasOwn(TONES, name) ? (TONES[name] ?? "neutral") : "neutral";
}
