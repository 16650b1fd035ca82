import type { Credential } from "./records.ts";

/** Which credentials somebody looks for, by what is public of them. */
export interface CredentialFilter {
  /** Keys of issuers, hexadecimal: one of them has to have signed. */
  readonly issuers?: readonly string[];
  /** Members that the public notes have to have, with one of these values each. */
  readonly notes?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
  /** Whether copies that were made for grantees are shown too. */
  readonly copies?: boolean;
}

/** Whether a credential is one that somebody looks for. */
export function isWanted(credential: Credential, { issuers, notes, copies }: CredentialFilter): boolean {
  if (credential.isCopy && copies !== true) {
    return false;
  }
  if (issuers !== undefined) {
    const issuer = credential.issuerAuthPublicKey.toLowerCase();
    if (!issuers.some((wanted) => wanted.toLowerCase() === issuer)) {
      return false;
    }
  }
  if (notes === undefined) {
    return true;
  }
  const said = notesOf(credential.publicNotes);
  return Object.entries(notes).every(([name, values]) =>
    values.some((value) => Object.hasOwn(said, name) && said[name] === value),
  );
}

/** The public notes as an object; empty if they are none. */
export function notesOf(publicNotes: string): Readonly<Record<string, unknown>> {
  try {
    const notes: unknown = JSON.parse(publicNotes);
    return typeof notes === "object" && notes !== null && !Array.isArray(notes)
      ? (notes as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
