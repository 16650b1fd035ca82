// Keys and credentials of a person, without a browser or a network.
import { type PublicKey, SecretKey } from "idos-crypto";
import { PersonKeys } from "../../src/keys/person-keys.ts";

export const ADA = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
export const EVE = "2c5f39cb-3ab2-42e3-994a-1127e4ddb538";

/** Keys of a person, which are always the same ones. */
export function keysOf(userId: string = ADA): PersonKeys {
  return PersonKeys.of(userId, SecretKey.fromBytes(new Uint8Array(32).fill(7)));
}

/** What others seal to for them. */
export const PUBLIC_KEY: PublicKey = keysOf().publicKey();
