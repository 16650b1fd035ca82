import type { Person } from "idos-client";
import { IssuerError } from "../rules/error-text.ts";
import type { Subject } from "../rules/subject.ts";
import { keepUnansweredGrant, type UnansweredGrant, unansweredGrant } from "../session/unanswered-grants.ts";
import { type IssuerInfo, type ProfileKeys, requestCredential } from "./issuer.ts";

/** Seconds for which a write grant can be used, and which clocks may differ by. */
const USABLE_SECONDS = 3 * 3_600;
const CLOCK_SECONDS = 300;

/**
 * The write grants whose issuers have not answered, by issuer, for browsers that keep none. Each is good for one
 * credential, so whoever asks again by the same one never gets two; with the same subject the answer is the one that was
 * lost.
 */
const unanswered = new WeakMap<Person, Map<string, UnansweredGrant>>();

/** Has the wallet sign a write grant, unless one is unanswered, and the issuer make a credential by it. */
export async function signAndRequest(
  person: Person,
  issuer: { readonly url: string; readonly info: IssuerInfo },
  keys: ProfileKeys,
  subject: Subject,
): Promise<void> {
  const name = JSON.stringify([issuer.url, issuer.info.grantee, issuer.info.issuerPublicKey]);
  const here = unanswered.get(person) ?? new Map<string, UnansweredGrant>();
  unanswered.set(person, here);
  // Asked in any case: what is over goes from the tab when it is met.
  const inTab = unansweredGrant(person.wallet, name);
  const before = here.get(name) ?? inTab;
  const isUsable = before !== undefined && Date.now() < before.usableUntil;
  const given = isUsable ? before : await signed(person, issuer.info);
  here.set(name, given);
  keepUnansweredGrant(person.wallet, name, given);
  const answered = () => {
    here.delete(name);
    keepUnansweredGrant(person.wallet, name, undefined);
  };
  try {
    await requestCredential(issuer.url, keys, given.grant, subject);
    answered();
  } catch (error) {
    if (error instanceof IssuerError && error.isRefusal) {
      answered();
    }
    throw error;
  }
}

async function signed(person: Person, { grantee, issuerPublicKey }: IssuerInfo): Promise<UnansweredGrant> {
  const now = Date.now();
  const usableUntil = now + USABLE_SECONDS * 1000;
  const grant = await person.signWriteGrant({
    grantee,
    issuerPublicKey,
    notBefore: new Date(now - CLOCK_SECONDS * 1000),
    notAfter: new Date(usableUntil),
  });
  return { grant, usableUntil };
}
