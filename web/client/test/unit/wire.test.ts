import { describe, expect, test } from "vitest";
import { bytesToHex, fromBase64, fromHex } from "../../src/bytes/bytes.ts";
import { callerOf } from "../../src/signer/caller.ts";
import type { AuthType } from "../../src/signer/signer.ts";
import { encodeCall, encodeExecution } from "../../src/wire/payload.ts";
import { parseSignInParameters, signInText } from "../../src/wire/sign-in-text.ts";
import { transactionHash, transactionJson, transactionText } from "../../src/wire/transaction.ts";
import { type Argument, int8, text } from "../../src/wire/value.ts";
import { fixture } from "../support/fixtures.ts";
import { refusal } from "../support/vectors.ts";

interface Vector {
  id: string;
  kind: string;
  action: string;
  args: { name: string; type: Argument["type"]; value: string | number | null }[];
  payload_hex: string;
  signed_message_text: string;
  sender_hex: string;
  signature_type: AuthType;
  signature_base64: string;
  caller: string;
  broadcast_request_json: string;
  tx_hash_hex: string;
  kwil_provider: string;
  authn_param_result: { chain_id: string };
  message_text: string;
  cases: { auth_type: AuthType; sender_hex: string; caller: string; status: string }[];
}

const { vectors } = fixture<{ vectors: Vector[] }>("protocol/kwil-vectors.json");
const ofKind = (kind: string) => vectors.filter((it) => it.kind === kind).map((it) => [it.id, it] as const);
const argumentsOf = (it: Vector) => it.args.map(({ type, value }) => ({ type, value }) as Argument);

test.each(ofKind("call"))("the payload of %s", (_, it) => {
  expect(bytesToHex(encodeCall(it.action, argumentsOf(it)))).toBe(it.payload_hex);
});

test.each(ofKind("execute"))("payload, text, JSON and hash of %s", (_, it) => {
  const payload = encodeExecution(it.action, argumentsOf(it));
  expect(bytesToHex(payload)).toBe(it.payload_hex);
  const request = JSON.parse(it.broadcast_request_json);
  const { tx } = request.params;
  const { desc: description, fee, nonce, chain_id: chainId } = tx.body;
  const body = { description, payload, fee, nonce, chainId };
  expect(transactionText(body)).toBe(it.signed_message_text);
  const transaction = {
    body,
    sender: fromHex(it.sender_hex),
    signature: fromBase64(it.signature_base64, 1_000),
    authType: it.signature_type,
  };
  expect(transactionJson(transaction)).toEqual(tx);
  expect(transactionHash(transaction)).toBe(it.tx_hash_hex);
  // EVM addresses compare without case, and this client does not make checksums of them. The vectors put a remark
  // behind some callers.
  const [expected = ""] = it.caller.split(" ");
  const caller = it.signature_type === "secp256k1_ep" ? expected.toLowerCase() : expected;
  expect(callerOf(it.signature_type, fromHex(it.sender_hex))).toBe(caller);
});

test.each(ofKind("kgw_login"))("the sign-in text of %s", (_, it) => {
  const parameters = parseSignInParameters(it.authn_param_result);
  expect(signInText(it.kwil_provider.replace(/\/$/, ""), it.authn_param_result.chain_id, parameters)).toBe(
    it.message_text,
  );
});

test("callers are those of the vectors", () => {
  const cases = vectors.find((it) => it.kind === "caller_identifiers")?.cases ?? [];
  const known = cases.filter((it) =>
    ["secp256k1_ep", "ed25519", "nep413", "xrpl", "sep53"].includes(it.auth_type),
  );
  expect(known.length).toBeGreaterThan(4);
  for (const { auth_type, sender_hex, caller } of known) {
    const expected = auth_type === "secp256k1_ep" ? caller.toLowerCase() : caller;
    expect(callerOf(auth_type, fromHex(sender_hex))).toBe(expected);
  }
  expect(refusal(() => void callerOf("ed25519", new Uint8Array(31)))).toBe("Argument");
});

describe("what cannot be sent is refused", () => {
  const refused = (...values: Argument[]) => refusal(() => void encodeCall("x", values));

  test("arguments", () => {
    expect(refused(text("x"), int8(-1), int8(2n ** 63n - 1n))).toBeNull();
    expect(refused({ type: "uuid", value: "x" })).toBe("Argument");
    expect(refused(int8(1.5))).toBe("Argument");
    expect(refused(int8(2n ** 63n))).toBe("Argument");
    expect(refused(...Array<Argument>(65).fill(text(null)))).toBe("Argument");
  });

  test("descriptions and payloads", () => {
    const body = { description: "", payload: new Uint8Array(), fee: "0", nonce: 1, chainId: "c" };
    expect(refusal(() => void transactionText({ ...body, description: "ä".repeat(101) }))).toBe("Argument");
    expect(refusal(() => void transactionText({ ...body, payload: new Uint8Array(6_000_001) }))).toBe(
      "Argument",
    );
  });
});

test("a node cannot put lines of its own into what a wallet signs", () => {
  const parameters = { nonce: "n", statement: "s", uri: "u", issue_at: "i", expiration_time: "e" };
  expect(refusal(() => void parseSignInParameters(parameters))).toBeNull();
  for (const name of Object.keys(parameters)) {
    for (const value of ["a\nb", "a\r", "\u2028", "x".repeat(2_049), 7]) {
      const refused = refusal(() => void parseSignInParameters({ ...parameters, [name]: value }));
      expect(refused, `${name} ${value}`).not.toBeNull();
    }
  }
});
