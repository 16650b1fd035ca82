// Passkeys whose PRF answer wraps keys. Asked for at the top level, where every browser allows it.
import { EnclaveError } from "idos-client/enclave";
import {
  type Factor,
  type NewFactor,
  newPasskeyInput,
  PasskeySecret,
  type WrapEntry,
  wipe,
} from "idos-crypto";

const RELYING_PARTY = "idOS";
/** EdDSA, ES256 and RS256: what authenticators offer. The signature is not looked at; the PRF answer is. */
const ALGORITHMS = [-8, -7, -257];
const MILLIS = 120_000;

type Bytes = Uint8Array<ArrayBuffer>;
type PasskeyFactor = Extract<Factor, { kind: "passkey" }>;
type NewPasskey = Extract<NewFactor, { kind: "passkey" }>;

/** A passkey that cannot do it, or a person who did not let it. */
export class PasskeyError extends Error {
  override readonly name = "PasskeyError";
}

/**
 * Makes a passkey for a profile. Throws `Unsupported` if the authenticator has no PRF, and `PasskeyError` if it does not
 * answer.
 */
export async function newPasskey(userId: string): Promise<NewPasskey> {
  const input = newPasskeyInput();
  const name = `${RELYING_PARTY} ${userId.slice(0, 8)}`;
  const credential = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: location.hostname, name: RELYING_PARTY },
        user: { id: random(16), name, displayName: name },
        challenge: random(32),
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        timeout: MILLIS,
        extensions: { prf: { eval: { first: input as Bytes } } },
      },
    }),
  );
  const { prf } = credential.getClientExtensionResults();
  if (prf?.enabled !== true) {
    throw new EnclaveError("Unsupported", "this passkey cannot protect keys: it lacks the PRF extension");
  }
  const id = new Uint8Array(credential.rawId);
  // Many authenticators answer only when they are asked for an existing passkey.
  const first = prf.results?.first;
  const secret = first === undefined ? (await answered([{ id, input }])).secret : secretOf(first);
  return { kind: "passkey", id, input, secret };
}

/** Asks one of the passkeys of a key ring. Throws `PasskeyError` if it does not answer. */
export async function passkeyOf(wraps: readonly WrapEntry[]): Promise<PasskeyFactor> {
  const known = wraps.flatMap(({ by }) => (by.kind === "passkey" ? [{ id: by.id, input: by.input }] : []));
  return answered(known);
}

async function answered(
  known: readonly { readonly id: Uint8Array; readonly input: Uint8Array }[],
): Promise<PasskeyFactor> {
  const evalByCredential = Object.fromEntries(
    known.map(({ id, input }) => [base64url(id), { first: input as Bytes }]),
  );
  const credential = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: random(32),
        rpId: location.hostname,
        allowCredentials: known.map(({ id }) => ({ type: "public-key", id: id as Bytes })),
        userVerification: "required",
        timeout: MILLIS,
        extensions: { prf: { evalByCredential } },
      },
    }),
  );
  const first = credential.getClientExtensionResults().prf?.results?.first;
  if (first === undefined) {
    // Not the end: another passkey, or the password, may do.
    throw new PasskeyError("the passkey gave no answer to open the keys with");
  }
  return { kind: "passkey", id: new Uint8Array(credential.rawId), secret: secretOf(first) };
}

function secretOf(output: BufferSource): PasskeySecret {
  const bytes = ArrayBuffer.isView(output)
    ? new Uint8Array(output.buffer, output.byteOffset, output.byteLength)
    : new Uint8Array(output);
  const secret = new PasskeySecret(bytes);
  wipe(bytes);
  return secret;
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (cause) {
    throw new PasskeyError("the passkey was not used", { cause });
  }
  if (!(credential instanceof PublicKeyCredential)) {
    throw new PasskeyError("the browser gave no passkey");
  }
  return credential;
}

function random(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
