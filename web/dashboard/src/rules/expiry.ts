import { daysUntil } from "./dates.ts";

/** From how many days before its end a person is reminded of it. */
export const REMIND_DAYS = 30;

/** How far a credential is from its end. */
export type Expiry =
  | { readonly kind: "never" }
  | { readonly kind: "later"; readonly on: Date }
  | { readonly kind: "soon"; readonly on: Date; readonly days: number }
  | { readonly kind: "over"; readonly on: Date };

/** `on` is the last day on which it is valid. */
export function expiryOf(on: Date | undefined, now: Date): Expiry {
  if (on === undefined) {
    return { kind: "never" };
  }
  const days = daysUntil(on, now);
  if (days < 0) {
    return { kind: "over", on };
  }
  return days <= REMIND_DAYS ? { kind: "soon", on, days } : { kind: "later", on };
}
