import type { Person } from "idos-client";
import type { Subject } from "../rules/subject.ts";
import { type IssuerInfo, type ProfileKeys, requestCredential } from "./issuer.ts";

/** Seconds for which a write grant can be used, and which clocks may differ by. */
const USABLE_SECONDS = 3 * 3_600;
const CLOCK_SECONDS = 300;

/** Has the wallet sign a write grant, and the issuer make a credential by it. */
export async function signAndRequest(
  person: Person,
  issuer: { readonly url: string; readonly info: IssuerInfo },
  keys: ProfileKeys,
  subject: Subject,
): Promise<void> {
  const now = Date.now();
  const grant = await person.signWriteGrant({
    grantee: issuer.info.grantee,
    issuerPublicKey: issuer.info.issuerPublicKey,
    notBefore: new Date(now - CLOCK_SECONDS * 1000),
    notAfter: new Date(now + USABLE_SECONDS * 1000),
  });
  await requestCredential(issuer.url, keys, grant, subject);
}
