import { bigEndian, concatBytes, littleEndian, utf8 } from "../bytes/bytes.ts";
import { uuidBytes } from "../bytes/uuid.ts";
import { UsageError } from "../errors.ts";

/** An argument of an action, with its declared type. */
export type Argument =
  | { readonly type: "text"; readonly value: string | null }
  | { readonly type: "uuid"; readonly value: string | null }
  | { readonly type: "int8"; readonly value: number | bigint | null };

export const text = (value: string | null): Argument => ({ type: "text", value });
export const uuid = (value: string | null): Argument => ({ type: "uuid", value });
export const int8 = (value: number | bigint | null): Argument => ({ type: "int8", value });

/** Bytes behind their length in four bytes, least significant first. */
export function sized(bytes: Uint8Array): Uint8Array {
  return concatBytes(littleEndian(bytes.length, 4), bytes);
}

/** The one encoding of an argument: version, type, number of items, the item. */
export function encodeArgument(argument: Argument): Uint8Array {
  return concatBytes(
    littleEndian(0, 2),
    sized(dataType(argument.type)),
    littleEndian(1, 2),
    sized(datum(argument)),
  );
}

/** The only part whose numbers have their most significant byte first. Scalars have no metadata. */
function dataType(name: string): Uint8Array {
  const bytes = utf8(name);
  return concatBytes(bigEndian(0, 2), bigEndian(bytes.length, 4), bytes, new Uint8Array(5));
}

function datum(argument: Argument): Uint8Array {
  return argument.value === null
    ? Uint8Array.of(0)
    : concatBytes(Uint8Array.of(1), valueBytes(argument as NonNull<Argument>));
}

type NonNull<A> = A extends { type: infer T; value: infer V } ? { type: T; value: NonNullable<V> } : never;

function valueBytes(argument: NonNull<Argument>): Uint8Array {
  switch (argument.type) {
    case "text":
      return utf8(argument.value);
    case "uuid":
      return uuidBytes(argument.value);
    case "int8":
      return bigEndian(int8Of(argument.value), 8);
  }
}

function int8Of(value: number | bigint): bigint {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new UsageError("Argument", "a number is no whole number that is held exactly");
  }
  const number = BigInt(value);
  if (BigInt.asIntN(64, number) !== number) {
    throw new UsageError("Argument", "a number does not fit 64 bits");
  }
  return number;
}
