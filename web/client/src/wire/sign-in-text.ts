import { EncodingError } from "../errors.ts";
import { SESSION_SECONDS, SHORT_TEXT_BYTES, SIGN_IN_SECONDS } from "../limits.ts";
import { type Json, objectOf, textOf } from "./json.ts";

/** What nodes tell the person. */
const STATEMENT = "Sign in to idOS. This costs nothing and changes nothing.";

/** Longest value that a node may put into what a wallet shows. */
const VALUE = 2_048;

/** What a node gives to be signed in with. */
export interface SignInParameters {
  readonly domain: string;
  readonly statement: string;
  readonly uri: string;
  readonly version: string;
  readonly chainId: string;
  readonly nonce: string;
  readonly issuedAt: string;
  readonly expirationTime: string;
}

/** Reads the result of `kgw.authn_param`. No value may make lines of its own in the text that is signed. */
export function parseSignInParameters(json: Json): SignInParameters {
  const parameters = objectOf(json, "sign-in parameters");
  const line = (name: string): string => {
    const value = parameters[name] === undefined ? "" : textOf(parameters[name], name);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
    if (value.length > VALUE || /[\u0000-\u001f\u007f\u2028\u2029]/.test(value)) {
      throw new EncodingError("Text", `${name} of the node's sign-in parameters is not one short line`);
    }
    return value;
  };
  return {
    domain: line("domain"),
    statement: line("statement"),
    uri: line("uri"),
    version: line("version"),
    chainId: line("chain_id"),
    nonce: line("nonce"),
    issuedAt: line("issue_at"),
    expirationTime: line("expiration_time"),
  };
}

/** A part of a sign-in text. */
export type Unexpected = "statement" | "URI" | "nonce" | "time of issue" | "expiration time";

/**
 * What of the parameters is none that a node at this URL makes at this time, in milliseconds since 1970; undefined if it
 * may be signed. Of the node's own making are the nonce, and when within the bounds it begins and ends.
 */
export function unexpectedOf(it: SignInParameters, url: string, nowMillis: number): Unexpected | undefined {
  if (it.statement !== STATEMENT) {
    return "statement";
  }
  if (it.uri !== `${url}/rpc/v1`) {
    return "URI";
  }
  if (it.nonce.length > SHORT_TEXT_BYTES || !/^[A-Za-z0-9_-]+$/.test(it.nonce)) {
    return "nonce";
  }
  // Nodes take nothing that was issued longer ago; clocks may differ as much.
  const issued = secondsOf(it.issuedAt);
  if (issued === undefined || Math.abs(issued - Math.floor(nowMillis / 1_000)) > SIGN_IN_SECONDS) {
    return "time of issue";
  }
  const end = secondsOf(it.expirationTime);
  return end === undefined || end < issued || end - issued > SESSION_SECONDS ? "expiration time" : undefined;
}

/** Seconds since 1970 of a date like `2026-02-11T13:35:57Z`; no fractions, no other zone. */
function secondsOf(date: string): number | undefined {
  const millis = Date.parse(date);
  const isExact = !Number.isNaN(millis) && new Date(millis).toISOString() === date.replace(/Z$/, ".000Z");
  return isExact ? millis / 1_000 : undefined;
}

/** The text that a wallet signs, for the node at `domain` and this chain. */
export function signInText(domain: string, chainId: string, parameters: SignInParameters): string {
  const { statement, uri, nonce, issuedAt, expirationTime } = parameters;
  return (
    `${domain} wants you to sign in with your account:\n\n${statement === "" ? "" : `${statement}\n`}\n` +
    `URI: ${uri}\nVersion: 1\nChain ID: ${chainId}\nNonce: ${nonce}\n` +
    `Issue At: ${issuedAt}\nExpiration Time: ${expirationTime}\n`
  );
}
