import { EncodingError } from "../errors.ts";

/** Reads bytes in order, never beyond their end. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** How many bytes have been read. */
  get position(): number {
    return this.#at;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next `length` bytes. */
  take(length: number): Uint8Array {
    if (length > this.left) {
      throw new EncodingError(
        "Truncated",
        `${length} bytes are needed at ${this.#at}, ${this.left} are left`,
      );
    }
    const taken = this.#bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  /** What has been read from a position on. */
  since(position: number): Uint8Array {
    return this.#bytes.slice(position, this.#at);
  }

  u8(): number {
    return Number(this.#big(1));
  }

  /** Two bytes, most significant first. */
  u16(): number {
    return Number(this.#big(2));
  }

  /** Two bytes, least significant first. */
  u16LittleEndian(): number {
    const bytes = this.take(2);
    return (bytes[0] ?? 0) + (bytes[1] ?? 0) * 256;
  }

  /** Four bytes, most significant first. */
  u32(): number {
    return Number(this.#big(4));
  }

  /** Eight bytes, most significant first. */
  u64(): bigint {
    return this.#big(8);
  }

  /** Eight bytes in two's complement, most significant first. */
  i64(): bigint {
    return BigInt.asIntN(64, this.#big(8));
  }

  /** Sixteen bytes, most significant first. */
  u128(): bigint {
    return this.#big(16);
  }

  /** A text of `length` bytes, which may be at most `most`. */
  text(length: number, most: number): string {
    if (length > most) {
      throw new EncodingError("TooLong", `a text is ${length} bytes long, at most ${most} are allowed`);
    }
    const bytes = this.take(length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw new EncodingError("NotUtf8", "a text is not UTF-8", { cause });
    }
  }

  /** Succeeds only if everything has been read. */
  finish(): void {
    if (this.left > 0) {
      throw new EncodingError("Trailing", `${this.left} bytes follow the end`);
    }
  }

  #big(length: number): bigint {
    let number = 0n;
    for (const byte of this.take(length)) {
      number = (number << 8n) | BigInt(byte);
    }
    return number;
  }
}
