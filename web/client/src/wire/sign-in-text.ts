import { EncodingError } from "../errors.ts";
import { type Json, objectOf, textOf } from "./json.ts";

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

/** The text that a wallet signs, for the node at `domain` and this chain. */
export function signInText(domain: string, chainId: string, parameters: SignInParameters): string {
  const { statement, uri, nonce, issuedAt, expirationTime } = parameters;
  return (
    `${domain} wants you to sign in with your account:\n\n${statement === "" ? "" : `${statement}\n`}\n` +
    `URI: ${uri}\nVersion: 1\nChain ID: ${chainId}\nNonce: ${nonce}\n` +
    `Issue At: ${issuedAt}\nExpiration Time: ${expirationTime}\n`
  );
}
