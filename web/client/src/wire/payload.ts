import { concatBytes, littleEndian, utf8 } from "../bytes/bytes.ts";
import { UsageError } from "../errors.ts";
import { ARGUMENTS } from "../limits.ts";
import { type Argument, encodeArgument, sized } from "./value.ts";

const NAMESPACE = "main";

/** The payload of `user.call` and `idos.prove`. */
export function encodeCall(action: string, values: readonly Argument[]): Uint8Array {
  return concatBytes(head(action), encodeArguments(values));
}

/** The payload of a transaction: one call of an action. */
export function encodeExecution(action: string, values: readonly Argument[]): Uint8Array {
  return concatBytes(head(action), littleEndian(1, 2), encodeArguments(values));
}

function head(action: string): Uint8Array {
  return concatBytes(littleEndian(0, 2), sized(utf8(NAMESPACE)), sized(utf8(action)));
}

function encodeArguments(values: readonly Argument[]): Uint8Array {
  if (values.length > ARGUMENTS) {
    throw new UsageError("Argument", `${values.length} arguments, at most ${ARGUMENTS} are allowed`);
  }
  return concatBytes(littleEndian(values.length, 2), ...values.map((value) => sized(encodeArgument(value))));
}
