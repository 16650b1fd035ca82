import { EnclaveError, type ExportPart } from "idos-client/enclave";
import { openAttribute } from "../keys/attribute-value.ts";
import type { PersonKeys } from "../keys/person-keys.ts";
import { ATTRIBUTES_PER_USER, CONTENT_BYTES_PER_USER, CREDENTIALS_PER_USER } from "../limits.ts";
import { openedText } from "./opened.ts";

/**
 * A file of everything, which grows part by part. What was opened goes to the browser at once, as a `Blob`: the frame
 * holds no more than one part in clear, and no text is longer than one credential.
 */
export class ExportFile {
  readonly #keys: PersonKeys;
  readonly #credentials: Blob[] = [];
  readonly #attributes: Blob[] = [];
  #record: Blob = new Blob(["null"]);
  #characters = 0;
  #failed = 0;

  constructor(keys: PersonKeys) {
    this.#keys = keys;
  }

  /** How many things are in it that could be opened. */
  get items(): number {
    return this.#credentials.length + this.#attributes.length - this.#failed;
  }

  /** How many could not. */
  get failed(): number {
    return this.#failed;
  }

  /** Opens a part. Throws `BadRequest` if it is more in all than one person has. */
  add({ credentials, attributes, record }: ExportPart): void {
    this.#characters += credentials.reduce((sum, { content }) => sum + content.length, 0);
    if (
      this.#credentials.length + credentials.length > CREDENTIALS_PER_USER ||
      this.#attributes.length + attributes.length > ATTRIBUTES_PER_USER ||
      this.#characters > CONTENT_BYTES_PER_USER
    ) {
      throw new EnclaveError("BadRequest", "this is more than one person has");
    }
    if (record !== null) {
      this.#record = new Blob([JSON.stringify(record) ?? "null"]);
    }
    for (const one of credentials) {
      const { id, publicNotes } = one;
      this.#credentials.push(
        this.#entry({ id, publicNotes }, "credential", () => openedText(this.#keys, one)),
      );
    }
    for (const one of attributes) {
      const { id, key } = one;
      const text = () => JSON.stringify(openAttribute(this.#keys, one));
      this.#attributes.push(this.#entry({ id, key }, "value", text));
    }
  }

  /** The file: JSON, one thing on each line. */
  whole(): Blob {
    const head = `{"exported":${JSON.stringify(new Date().toISOString())},\n"record":`;
    const lists = [
      ',\n"credentials":[',
      ...lines(this.#credentials),
      '],\n"attributes":[',
      ...lines(this.#attributes),
    ];
    return new Blob([head, this.#record, ...lists, "]}\n"], { type: "application/json" });
  }

  /** One that cannot be opened, or not be written, does not keep the person from the others. */
  #entry(said: object, name: string, openedJson: () => string): Blob {
    try {
      return new Blob([`${JSON.stringify(said).slice(0, -1)},${JSON.stringify(name)}:${openedJson()}}`]);
    } catch (error) {
      this.#failed += 1;
      const why = error instanceof Error ? error.message : "it cannot be opened";
      return new Blob([JSON.stringify({ ...said, error: why })]);
    }
  }
}

function lines(entries: readonly Blob[]): readonly (Blob | string)[] {
  return entries.flatMap((entry, at) => [at === 0 ? "\n" : ",\n", entry]);
}
