import { scryptAsync } from "@noble/hashes/scrypt.js";
import { SecretKey } from "./box-key.ts";
import { utf8 } from "./bytes/bytes.ts";
import { UsageError } from "./errors.ts";
import type { Password } from "./password.ts";
import { using, wipe } from "./secret.ts";

/** 16,384 rounds of 1 KiB blocks: 16 MiB. The suite has these and no others. */
const SCRYPT = { N: 2 ** 14, r: 8, p: 1, dkLen: 32 } as const;
/** A UUID of version 4; like other clients, without a look at its variant. */
const SALT = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The key of the compatible suite that belongs to a password: scrypt with the id of the person as salt, in the letter
 * case that the profile was created with. Every password gives one: whether it is the right one shows in the public
 * key.
 *
 * @throws UsageError if the id is no UUID of version 4: use a key ring then
 */
export async function keyFromPassword(password: Password, userId: string): Promise<SecretKey> {
  if (!SALT.test(userId)) {
    const message = "the id of the person is no UUID of version 4, so the compatible suite has no key for it";
    throw new UsageError("Argument", `${message}; use a key ring`);
  }
  const typed = password.toBytes();
  try {
    return using(await scryptAsync(typed, utf8(userId), SCRYPT), (bytes) => SecretKey.fromBytes(bytes));
  } finally {
    wipe(typed);
  }
}
