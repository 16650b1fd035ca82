import { KeyRingError } from "../errors.ts";

/** Reads the bytes of a key ring in order, never beyond their end. Numbers are big-endian. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next `length` bytes, copied. */
  take(length: number): Uint8Array {
    const left = this.#bytes.length - this.#at;
    if (length > left) {
      const message = `the key ring is damaged: ${length} bytes are needed at ${this.#at}, ${left} are left`;
      throw new KeyRingError("Truncated", `${message}; fetch it from another node`);
    }
    const taken = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  u8(): number {
    return Number(this.#number(1));
  }

  u16(): number {
    return Number(this.#number(2));
  }

  u32(): number {
    return Number(this.#number(4));
  }

  u64(): bigint {
    return this.#number(8);
  }

  /** Succeeds only if everything has been read. */
  finish(): void {
    const left = this.#bytes.length - this.#at;
    if (left > 0) {
      const message = `the key ring is damaged: ${left} bytes follow its end; fetch it from another node`;
      throw new KeyRingError("Trailing", message);
    }
  }

  #number(length: number): bigint {
    return this.take(length).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
  }
}
