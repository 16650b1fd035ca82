// JSON-RPC without kwil-js, for what the client cannot or would not send. The encoders here are independent of the
// client's, so a test can also compare the two.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { noted, positional } from "./actions.js";
import { chainId, endpoint, url } from "./network.js";
import { XRPL_KEY_TYPE } from "./rules.js";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const hex = (bytes) => Buffer.from(bytes).toString("hex");

// ---- transport ----

/** Sends a body as it is. → { http, headers, body (parsed, or the text), setCookie: [...] } */
export async function post(text, headers = {}) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: text,
  });
  return answer(response);
}

export async function request(method, path, headers = {}) {
  return answer(await fetch(url + path, { method, headers }));
}

async function answer(response) {
  const text = await response.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {}
  return { http: response.status, headers: response.headers, body, setCookie: response.headers.getSetCookie() };
}

let id = 0;
/** One well-formed request. `session` = { cookie, origin } as `login` returns it. */
export function rpc(method, params = {}, { cookie, origin } = {}) {
  const headers = { ...(cookie && { cookie }), ...(origin && { origin }) };
  return post(JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }), headers);
}

/** The result of a request that must succeed. */
export async function result(method, params, session) {
  const { http, body } = await rpc(method, params, session);
  assert.equal(http, 200, JSON.stringify(body));
  assert.equal(body.error, undefined, JSON.stringify(body));
  return body.result;
}

// ---- payloads ----

const u16 = (n) => Buffer.of(n & 255, n >> 8);
const u16be = (n) => Buffer.of(n >> 8, n & 255);
const u32 = (n) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(n);
  return bytes;
};
const sized = (bytes) => Buffer.concat([u32(bytes.length), bytes]);
const text = (value) => sized(Buffer.from(value));

function datum(type, value) {
  if (value === null || value === undefined) return Buffer.of(0);
  const bytes = {
    text: () => Buffer.from(value),
    uuid: () => Buffer.from(value.replaceAll("-", ""), "hex"),
    numeric: () => Buffer.from(String(value)),
    int8: () => {
      const b = Buffer.alloc(8);
      b.writeBigInt64BE(BigInt(value));
      return b;
    },
  }[type]();
  return Buffer.concat([Buffer.of(1), bytes]);
}

export function encodeValue(type, value) {
  const name = Buffer.from(type);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(name.length);
  const [precision, scale] = type === "numeric" ? [78, 0] : [0, 0];
  const dataType = Buffer.concat([u16be(0), size, name, Buffer.of(0), u16be(precision), u16be(scale)]);
  return Buffer.concat([u16(0), sized(dataType), u16(1), sized(datum(type, value))]);
}

const encodedArguments = (types, values) =>
  Buffer.concat([u16(values.length), ...values.map((value, i) => sized(encodeValue(types[i], value)))]);

/** Payload of `user.call`. */
export const encodeCall = (action, types, values) =>
  Buffer.concat([u16(0), text("main"), text(action), encodedArguments(types, values)]);

/** Payload of a transaction: one call. */
export const encodeExecution = (action, types, values) =>
  Buffer.concat([u16(0), text("main"), text(action), u16(1), encodedArguments(types, values)]);

export function payloadOf(action, args, encode = encodeExecution) {
  const { values, types } = positional(action, args);
  return encode(action, types, values);
}

// ---- transactions ----

const keyType = (identifier) =>
  identifier.length === 20 ? "secp256k1" : identifier.length === 33 ? XRPL_KEY_TYPE : "ed25519";

/** The last used nonce of a signer. */
export async function account(signer, status = 0) {
  const id = { identifier: hex(signer.identifier), key_type: keyType(signer.identifier) };
  return Number((await result("user.account", { id, status })).nonce);
}

export const signedText = ({ body: { desc, payload, type, fee, nonce, chain_id } }) =>
  `${desc}\n\nPayloadType: ${type}\nPayloadDigest: ${hex(sha256(Buffer.from(payload, "base64")).subarray(0, 20))}\n` +
  `Fee: ${fee}\nNonce: ${nonce}\n\nKwil Chain ID: ${chain_id}\n`;

export async function signature(signer, message) {
  const bytes = new TextEncoder().encode(message);
  const sig =
    signer.signatureType === "secp256k1_ep"
      ? Buffer.from((await signer.signer.signMessage(bytes)).slice(2), "hex")
      : Buffer.from(await signer.signer(bytes));
  return { sig: sig.toString("base64"), type: signer.signatureType };
}

/** One bit of the signature proper changed; every scheme has it at the end. The DER of XRPL has its number there too. */
export function flipBit({ sig, type }) {
  const bytes = Buffer.from(sig, "base64");
  bytes[type === "secp256k1_ep" ? 40 : bytes.length - 1] ^= 1;
  return { sig: bytes.toString("base64"), type };
}

/** A signed transaction. Whatever is not given is what kwil-js would send. */
export async function transaction(signer, payload, { nonce, desc = "", chain = chainId, fee = "0" } = {}) {
  const tx = {
    body: {
      desc,
      payload: Buffer.from(payload).toString("base64"),
      type: "execute",
      fee,
      nonce: nonce ?? (await account(signer)) + 1,
      chain_id: chain,
    },
    sender: hex(signer.identifier),
    serialization: "concat",
  };
  return { signature: await signature(signer, signedText(tx)), ...tx };
}

/** Broadcasts and waits for the block; refusals become the errors that kwil-js would throw. */
export async function broadcast(tx, { sync = 1, session } = {}) {
  const { http, body } = await rpc("user.broadcast", { tx, ...(sync && { sync }) }, session);
  if (http !== 200) throw new Error(JSON.stringify(body));
  if (body.error) {
    const { code, message, data } = body.error;
    throw new Error(
      `JSON RPC call error: code: ${code}, message: ${message}` + (data ? `, data: ${JSON.stringify(data)}` : ""),
    );
  }
  if (body.result.result && body.result.result.code !== 0) throw new Error(JSON.stringify(body.result));
  return body.result;
}

export function execute(signer, action, args, options = {}) {
  const { entry } = positional(action, args);
  return noted(action, async () =>
    broadcast(await transaction(signer, payloadOf(action, args), { desc: entry.desc, ...options })),
  );
}

/** SHA-256 over the binary form of a transaction, computed without the node. */
export function transactionHash({ signature: { sig, type }, body, sender, serialization }) {
  const uvarint = (n) => {
    const bytes = [];
    for (let rest = n; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return Buffer.from([...bytes, rest]);
      bytes.push((rest % 128) + 128);
    }
  };
  const cstr = (value) => Buffer.concat([uvarint(Buffer.from(value).length), Buffer.from(value)]);
  const cbytes = (value) => Buffer.concat([uvarint(value.length * 2), value]);
  const nonce = Buffer.alloc(8);
  nonce.writeBigUInt64LE(BigInt(body.nonce));
  const signatureBytes = Buffer.concat([cstr(Buffer.from(sig, "base64")), cstr(type)]);
  const bodyBytes = Buffer.concat([
    cstr(body.desc),
    cbytes(Buffer.from(body.payload, "base64")),
    cstr(body.type),
    Buffer.of(1),
    cstr(body.fee),
    nonce,
    cstr(body.chain_id),
  ]);
  return hex(
    sha256(
      Buffer.concat([
        u16(0), cbytes(signatureBytes), cbytes(bodyBytes), cstr(serialization), cbytes(Buffer.from(sender, "hex")),
      ]),
    ),
  );
}

// ---- sessions and views ----

export const signInText = (p, domain = url) =>
  `${domain} wants you to sign in with your account:\n\n${p.statement === "" ? "" : `${p.statement}\n`}\n` +
  `URI: ${p.uri}\nVersion: 1\nChain ID: ${chainId}\nNonce: ${p.nonce}\n` +
  `Issue At: ${p.issue_at}\nExpiration Time: ${p.expiration_time}\n`;

/** The whole sign-in; → { cookie, origin } to pass on as a session. `tamper` may change the kgw.authn parameters. */
export async function login(signer, { origin, tamper = (params) => params } = {}) {
  const parameters = await result("kgw.authn_param", {}, { origin });
  const params = tamper({
    nonce: parameters.nonce,
    sender: hex(signer.identifier),
    signature: await signature(signer, signInText(parameters)),
  });
  const { body, setCookie } = await rpc("kgw.authn", params, { origin });
  if (body.error) throw new Error(`JSON RPC call error: code: ${body.error.code}, message: ${body.error.message}`);
  return { cookie: setCookie[0].split(";")[0], origin, setCookie: setCookie[0] };
}

/** The body of a `user.call` answer, whatever it says. */
export async function call(signer, action, args, session) {
  return (await callPayload(signer, payloadOf(action, args, encodeCall), session)).body;
}

export const callPayload = (signer, payload, session) =>
  rpc(
    "user.call",
    {
      body: { payload: Buffer.from(payload).toString("base64") },
      auth_type: signer?.signatureType ?? "secp256k1_ep",
      sender: signer ? hex(signer.identifier) : "",
      signature: "",
    },
    session,
  );

/** kwil-js hands out base64-decoded hex digits as hex; this is the hash that the node sent. */
export const wireHash = (mangled) => Buffer.from(mangled, "hex").toString("base64");
