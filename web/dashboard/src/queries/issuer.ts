import type { SignedWallet, SignedWriteGrant } from "idos-client";
import { IssuerError } from "../rules/error-text.ts";
import type { Subject } from "../rules/subject.ts";
import { asObject } from "../session/storage.ts";

/** What an issuer says of itself. */
export interface IssuerInfo {
  readonly name: string;
  readonly partyId: string;
  /** By which grants, and write grants, know the issuer. */
  readonly grantee: string;
  /** Ed25519, hexadecimal. */
  readonly issuerPublicKey: string;
  /** Whether it takes people's word: for development only. */
  readonly selfAsserted: boolean;
}

/** Whose profile, and the key that issuers encrypt to. */
export interface ProfileKeys {
  readonly userId: string;
  readonly encryptionPublicKey: string;
}

/** Most characters of an answer that are read. */
const ANSWER = 64 * 1024;
/** Milliseconds after which an answer is not waited for any more: what it makes takes a few blocks. */
const PATIENCE_MILLIS = 60_000;
/** Refusals of a request at this time only: it took too long, or there were too many. */
const AGAIN = [408, 429];

export async function issuerInfo(url: string): Promise<IssuerInfo> {
  const answer = await asked(`${url}/onboarding/v1`, undefined);
  const text = (name: string) => {
    const value = answer[name];
    if (typeof value !== "string" || value === "") {
      throw new IssuerError(`the issuer's answer lacks ${name}`);
    }
    return value;
  };
  return {
    name: text("name"),
    partyId: text("partyId"),
    grantee: text("grantee"),
    issuerPublicKey: text("issuerPublicKey"),
    selfAsserted: answer["selfAsserted"] === true,
  };
}

/** Has the issuer make a profile. The same again is answered the same, so it can be repeated. */
export async function createProfile(url: string, keys: ProfileKeys, wallet: SignedWallet): Promise<void> {
  const { userId, encryptionPublicKey } = keys;
  const { type, address, publicKey = null, message, signature } = wallet;
  const body = {
    userId,
    encryptionPublicKey,
    passwordStore: "user",
    wallet: { type, address, publicKey, message, signature },
  };
  await asked(`${url}/onboarding/v1/profiles`, body);
}

/** Has the issuer make a credential by a write grant. */
export async function requestCredential(
  url: string,
  { userId, encryptionPublicKey }: ProfileKeys,
  writeGrant: SignedWriteGrant,
  subject: Subject,
): Promise<void> {
  await asked(`${url}/onboarding/v1/credentials`, { userId, encryptionPublicKey, writeGrant, subject });
}

async function asked(url: string, body: object | undefined): Promise<Readonly<Record<string, unknown>>> {
  const json = { "content-type": "application/json" };
  const post = body === undefined ? {} : { method: "POST", headers: json, body: JSON.stringify(body) };
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(PATIENCE_MILLIS);
    response = await fetch(url, { credentials: "omit", signal, ...post });
    text = await response.text();
  } catch (cause) {
    throw new IssuerError("the issuer does not answer: try again later", { cause });
  }
  const answer = asObject(parsed(text));
  if (!response.ok || answer === undefined) {
    const { detail, title } = answer ?? {};
    const said = [detail, title].find((it) => typeof it === "string" && it !== "");
    const { status } = response;
    throw new IssuerError(
      typeof said === "string" ? said.slice(0, 300) : `the issuer answered with status ${status}`,
      { isRefusal: status >= 400 && status < 500 && !AGAIN.includes(status) },
    );
  }
  return answer;
}

function parsed(text: string): unknown {
  try {
    return text.length > ANSWER ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
