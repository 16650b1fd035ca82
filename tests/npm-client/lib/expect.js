// Assertions about how the node refuses.
import assert from "node:assert/strict";
import { PATIENCE_MS } from "./rules.js";

/** What kwil-js (or raw.js) threw: { code, text } of a failed transaction, or { rpc, text, data } of an RPC error. */
export function failure(error) {
  const fail = () => assert.fail(`not a refusal of the node: ${error?.stack ?? error}`);
  if (error.message.startsWith("{")) {
    const body = JSON.parse(error.message);
    if (body.error) return { rpc: body.error.code, text: body.error.message, data: body.error.data };
    if (body.result) return { code: body.result.code, text: body.result.log ?? "", hash: body.tx_hash };
    return fail();
  }
  const match = /^JSON RPC call error: code: (-?\d+), message: (.*?)(?:, data: (.*))?$/s.exec(error.message) ?? fail();
  return { rpc: Number(match[1]), text: match[2], data: match[3] && JSON.parse(match[3]) };
}

export async function thrown(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return failure(error);
  }
  return assert.fail(`expected a refusal, got ${JSON.stringify(value)}`);
}

function says(text, expected, where) {
  if (expected instanceof RegExp) assert.match(text, expected, where);
  else if (expected !== undefined) assert.equal(text, expected, where);
}

/** A rule refused somebody who has standing: included, code 65535, `ERROR: text`. */
export async function refused(promise, expected) {
  const got = await thrown(promise);
  assert.equal(got.code, 65535, JSON.stringify(got));
  assert.match(got.text, /^(\d+\. .*\n)*ERROR: /, "the log starts with ERROR, after notices if there are any");
  says(got.text.slice(got.text.indexOf("ERROR: ") + 7), expected, got.text);
  return got;
}

/** A rule refused a stranger: not admitted (-201), or included and failed; the same words either way. */
export async function refusedStranger(promise, expected) {
  const got = await thrown(promise);
  if (got.rpc === undefined) assert.equal(got.code, 65535, JSON.stringify(got));
  else assert.equal(got.rpc, -201, JSON.stringify(got));
  const text = got.data?.message ?? got.text;
  if (expected instanceof RegExp) assert.match(text, expected);
  else assert.ok(text.includes(expected), text);
}

/** A broadcast that was not taken: -201 with the transaction code, and its words if given. */
export async function notAdmitted(promise, code, expected) {
  const got = await thrown(promise);
  assert.equal(got.rpc, -201, JSON.stringify(got));
  if (code !== undefined) assert.equal(got.data.code, code, JSON.stringify(got));
  if (expected) assert.match(got.data.message, expected);
  return got;
}

/** A view's own complaint: a normal answer with `error`, which kwil-js hides. */
export async function complains(person, action, args, expected) {
  const body = await person.answer(action, args);
  assert.equal(body.error, undefined, JSON.stringify(body));
  assert.equal(typeof body.result.error, "string", JSON.stringify(body));
  says(body.result.error, expected);
}

/** A JSON-RPC error in a raw answer. */
export function rpcError({ http, body }, code, { status, text } = {}) {
  assert.equal(body.error?.code, code, JSON.stringify(body));
  if (status) assert.equal(http, status);
  if (text) says(body.error.message, text);
}

/** Waits for something that the node does when its time has come. */
export async function eventually(check) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}
