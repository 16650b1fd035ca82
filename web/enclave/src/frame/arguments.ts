// What the page asks, read: everything is bounded, and members that nobody knows are left out.
import {
  type Condition,
  EnclaveError,
  type EnclaveMethods,
  type ExportPart,
  type FactorChange,
  type Holder,
  type Recipient,
  type SealedAttribute,
  type SealedCredential,
} from "idos-client/enclave";
import { inert } from "idos-kit/names";
import {
  ADDRESS_BYTES,
  ATTRIBUTE_KEY_BYTES,
  ATTRIBUTE_VALUE_BYTES,
  ATTRIBUTES_PER_USER,
  CONTENT_BYTES_PER_USER,
  CREDENTIALS_PER_USER,
  KEY_RING_BYTES,
  LAST_MILLIS,
  PUBLIC_NOTES_BYTES,
  SEALED_BYTES,
} from "../limits.ts";

/** Characters of sealed bytes in base64. */
const SEALED = (SEALED_BYTES / 3) * 4;
const SHORT = 512;
/** Characters of a key ring in base64. */
const KEY_RING = (KEY_RING_BYTES / 3) * 4;
/** A text to sign: descriptions and sign-in texts, with room. */
const TEXT = 64 * 1024;
const MOST_CONDITIONS = 32;
/** Of all conditions together: what a person can read through before they answer. */
const MOST_VALUES = 256;
const MOST_IN_QUESTION = 2_000;
/** Most characters of credentials in one part of an export, and of its record: the frame holds one part at a time. */
const MOST_IN_PART = 64_000_000;

/** What grants name somebody by: no spaces, and nothing that cannot be seen or looks like something else. */
const GRANTEE = /^[\x21-\x7e]+$/;
const PUBLIC_KEY = /^[0-9a-f]{64}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

type Fields = { readonly [name: string]: unknown };
type Argument<Name extends keyof EnclaveMethods> = Parameters<EnclaveMethods[Name]>[0];

function bad(what: string, expected: string): EnclaveError {
  return new EnclaveError("BadRequest", `${what} is to be ${expected}`);
}

function fields(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw bad(what, "an object");
  }
  return value as Fields;
}

/** Of a wallet of recovery words; none for that of the last ones. */
function publicKey(value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== "string" || !PUBLIC_KEY.test(value)) {
    throw bad("publicKey", "64 lower-case hexadecimal digits");
  }
  return value;
}

/** A text of at most so many characters. What nodes store has a limit in bytes, and never more characters than bytes. */
function text(value: unknown, what: string, most: number = SHORT): string {
  if (typeof value !== "string" || value.length > most) {
    throw bad(what, `a text of at most ${most} characters`);
  }
  return value;
}

/** A text without characters that nobody sees or that turn others. */
function seen(value: unknown, what: string): string {
  const given = text(value, what);
  if (inert(given) !== given) {
    throw bad(
      what,
      "without control characters, and others that nobody sees or that turn the direction of text",
    );
  }
  return given;
}

function uuid(value: unknown, what: string): string {
  const id = text(value, what);
  if (!UUID.test(id)) {
    throw bad(what, "a UUID");
  }
  return id;
}

function grantee(value: unknown): string {
  const given = text(value, "recipient.grantee", ADDRESS_BYTES);
  if (!GRANTEE.test(given)) {
    throw bad("recipient.grantee", "letters, digits and signs of ASCII");
  }
  return given;
}

/** A day of the calendar. */
function day(value: unknown, what: string): string {
  const given = text(value, what);
  const date = new Date(`${given}T00:00:00Z`);
  if (!DAY.test(given) || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== given) {
    throw bad(what, "a date as YYYY-MM-DD");
  }
  return given;
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === null || value === undefined ? null : read(value);
}

function list<T>(value: unknown, what: string, most: number, read: (value: unknown) => T): readonly T[] {
  if (!Array.isArray(value) || value.length > most) {
    throw bad(what, `a list of at most ${most}`);
  }
  return value.map(read);
}

function seconds(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value * 1000 > LAST_MILLIS) {
    throw bad(what, "seconds since 1970, or 0");
  }
  return value;
}

function flag(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") {
    throw bad(what, "true or false");
  }
  return value;
}

function holder(value: unknown): Holder {
  const it = fields(value, "the argument");
  return {
    userId: uuid(it["userId"], "userId"),
    encryptionPublicKey: text(it["encryptionPublicKey"], "encryptionPublicKey"),
    keyRing: optional(it["keyRing"], (ring) => text(ring, "keyRing", KEY_RING)),
  };
}

function withHolder(it: Fields): { readonly holder?: Holder } {
  const given = optional(it["holder"], holder);
  return given === null ? {} : { holder: given };
}

function credential(value: unknown): SealedCredential {
  const it = fields(value, "credential");
  return {
    id: uuid(it["id"], "credential.id"),
    content: text(it["content"], "credential.content", SEALED),
    encryptorPublicKey: text(it["encryptorPublicKey"], "credential.encryptorPublicKey"),
    publicNotes: optional(it["publicNotes"], (notes) =>
      text(notes, "credential.publicNotes", PUBLIC_NOTES_BYTES),
    ),
  };
}

function credentials(value: unknown, mostCharacters: number): readonly SealedCredential[] {
  const all = list(value, "credentials", CREDENTIALS_PER_USER, credential);
  if (all.reduce((sum, { content }) => sum + content.length, 0) > mostCharacters) {
    throw bad("credentials", `at most ${mostCharacters} characters together`);
  }
  return all;
}

function attribute(value: unknown): SealedAttribute {
  const it = fields(value, "attribute");
  return {
    id: uuid(it["id"], "attribute.id"),
    key: text(it["key"], "attribute.key", ATTRIBUTE_KEY_BYTES),
    value: text(it["value"], "attribute.value", ATTRIBUTE_VALUE_BYTES),
  };
}

function attributes(value: unknown): readonly SealedAttribute[] {
  return list(value, "attributes", ATTRIBUTES_PER_USER, attribute);
}

function exportPart(it: Fields): ExportPart {
  const record = it["record"] ?? null;
  if ((JSON.stringify(record) ?? "").length > MOST_IN_PART) {
    throw bad("record", "smaller");
  }
  return {
    credentials: credentials(it["credentials"], MOST_IN_PART),
    attributes: attributes(it["attributes"]),
    record,
  };
}

function recipient(value: unknown): Recipient {
  const it = fields(value, "recipient");
  switch (it["kind"]) {
    case "party": {
      const key = optional(it["encryptionPublicKey"], (given) =>
        text(given, "recipient.encryptionPublicKey"),
      );
      const partyId = uuid(it["partyId"], "recipient.partyId");
      return { kind: "party", partyId, ...(key === null ? {} : { encryptionPublicKey: key }) };
    }
    case "unlisted":
      return {
        kind: "unlisted",
        grantee: grantee(it["grantee"]),
        encryptionPublicKey: text(it["encryptionPublicKey"], "recipient.encryptionPublicKey"),
      };
    default:
      throw bad("recipient.kind", '"party" or "unlisted"');
  }
}

function condition(value: unknown): Condition {
  const it = fields(value, "condition");
  const path = list(it["path"], "condition.path", 8, (step) => seen(step, "condition.path"));
  if (path.length === 0) {
    throw bad("condition.path", "at least one member");
  }
  const is = it["is"];
  if (is !== "equal" && is !== "in" && is !== "before" && is !== "after") {
    throw bad("condition.is", '"equal", "in", "before" or "after"');
  }
  const compared = it["value"];
  if (is === "in") {
    return {
      path,
      is,
      value: list(compared, "condition.value", MOST_VALUES, (one) => text(one, "condition.value")),
    };
  }
  const read = is === "equal" ? text : day;
  return { path, is, value: read(compared, "condition.value") };
}

/** No conditions at all would be a question that the person cannot see. */
function conditions(value: unknown): readonly Condition[] {
  const all = list(value, "conditions", MOST_CONDITIONS, condition);
  if (all.length === 0) {
    throw bad("conditions", "at least one");
  }
  const values = all.flatMap(({ value }) => value);
  const characters = [...all.flatMap(({ path }) => path), ...values].join("").length;
  if (values.length > MOST_VALUES || characters > MOST_IN_QUESTION) {
    throw bad(
      "conditions",
      `at most ${MOST_VALUES} values and ${MOST_IN_QUESTION} characters together: a person reads them`,
    );
  }
  return all;
}

function change(value: unknown): FactorChange {
  const it = fields(value, "change");
  const kind = it["kind"];
  switch (kind) {
    case "password":
    case "add-passkey":
    case "add-words":
    case "adopt":
      return { kind };
    case "remove": {
      const factorId = it["factorId"];
      if (typeof factorId !== "number" || !Number.isSafeInteger(factorId) || factorId < 1) {
        throw bad("change.factorId", "the number of a factor");
      }
      return { kind, factorId };
    }
    default:
      throw bad("change.kind", "a change of factors");
  }
}

/** Reads the argument of each method. Throws `BadRequest`. */
export const ARGUMENTS: { readonly [Name in keyof EnclaveMethods]: (value: unknown) => Argument<Name> } = {
  status: () => null,
  lock: () => null,
  hide: () => null,
  recover: () => null,
  create: (value) => {
    const it = fields(value, "the argument");
    return { userId: uuid(it["userId"], "userId"), compatible: flag(it["compatible"], "compatible") };
  },
  unlock: holder,
  share: (value) => {
    const it = fields(value, "the argument");
    return {
      ...withHolder(it),
      credential: credential(it["credential"]),
      recipient: recipient(it["recipient"]),
      lockedUntil: seconds(it["lockedUntil"], "lockedUntil"),
      expiresAt: seconds(it["expiresAt"], "expiresAt"),
    };
  },
  filter: (value) => {
    const it = fields(value, "the argument");
    return {
      ...withHolder(it),
      credentials: credentials(it["credentials"], CONTENT_BYTES_PER_USER),
      conditions: conditions(it["conditions"]),
    };
  },
  show: (value) => {
    const it = fields(value, "the argument");
    return { ...withHolder(it), credential: credential(it["credential"]) };
  },
  showAttributes: (value) => {
    const it = fields(value, "the argument");
    return { ...withHolder(it), attributes: attributes(it["attributes"]) };
  },
  editAttribute: (value) => {
    const it = fields(value, "the argument");
    return {
      ...withHolder(it),
      id: uuid(it["id"], "id"),
      key: text(it["key"], "key", ATTRIBUTE_KEY_BYTES),
      value: optional(it["value"], (given) => text(given, "value", ATTRIBUTE_VALUE_BYTES)),
    };
  },
  changeFactors: (value) => ({ ...holder(value), change: change(fields(value, "the argument")["change"]) }),
  export: (value) => {
    const it = fields(value, "the argument");
    return { ...withHolder(it), ...exportPart(it), more: flag(it["more"] ?? false, "more") };
  },
  exportPart: (value) =>
    optional(value, (given) => {
      const it = fields(given, "the argument");
      return { ...exportPart(it), isLast: flag(it["isLast"], "isLast") };
    }),
  signAsRecovery: (value) => {
    const it = fields(value, "the argument");
    return { text: text(it["text"], "text", TEXT), publicKey: publicKey(it["publicKey"]) };
  },
};
