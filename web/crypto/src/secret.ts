import { UsageError } from "./errors.ts";

/** What can be wiped: bytes, and the classes of this library that hold secrets. */
export type Wipeable = Uint8Array | { wipe(): void };

/**
 * Overwrites secrets once they are no longer needed. What the engine copied before, for instance while it moved
 * memory, and texts, which cannot be changed, are out of its reach.
 */
export function wipe(...secrets: readonly Wipeable[]): void {
  for (const secret of secrets) {
    if (secret instanceof Uint8Array) {
      secret.fill(0);
    } else {
      secret.wipe();
    }
  }
}

/** Secret bytes, out of sight of whatever prints or serialises objects, that are not used after they were wiped. */
export class SecretBytes {
  readonly #bytes: Uint8Array;
  #wiped = false;

  /** Takes the bytes themselves, not a copy. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The bytes themselves: not to be kept, and not to be wiped. */
  get bytes(): Uint8Array {
    if (this.#wiped) {
      throw new UsageError(
        "Wiped",
        "a secret is used after it was wiped; the caller must keep it until then",
      );
    }
    return this.#bytes;
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#wiped = true;
  }
}

/** Calls `use` with secret bytes, and wipes them, whatever happens. */
export function using<T>(secret: Uint8Array, use: (secret: Uint8Array) => T): T {
  try {
    return use(secret);
  } finally {
    wipe(secret);
  }
}
