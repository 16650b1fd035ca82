// Assertions about how the node refuses.
import assert from "node:assert/strict";
import { driven } from "./driven.js";
import { OWNER_ONLY, PATIENCE_MS, WRONG_IN_FORM } from "./rules.js";

/** As `failure`, or nothing if it was not the node that refused. */
function nodeFailure(error) {
  if (error.message.startsWith("{")) {
    const body = JSON.parse(error.message);
    if (body.error) return { rpc: body.error.code, text: body.error.message, data: body.error.data };
    return body.result && { code: body.result.code, text: body.result.log ?? "", hash: body.tx_hash };
  }
  const match = /^JSON RPC call error: code: (-?\d+), message: (.*?)(?:, data: (.*))?$/s.exec(error.message);
  return match && { rpc: Number(match[1]), text: match[2], data: match[3] && JSON.parse(match[3]) };
}

/** What kwil-js (or raw.js) threw: { code, text } of a failed transaction, or { rpc, text, data } of an RPC error. */
export const failure = (error) =>
  nodeFailure(error) ?? assert.fail(`not a refusal of the node: ${error?.stack ?? error}`);

/** The log of a failed transaction without its notices. */
const reason = (log) => log.slice(log.indexOf("ERROR: ") + 7);

/** How a transaction that failed ended, for the coverage test; nothing, if no rule of its action had refused it. */
export function verdict(error) {
  const got = nodeFailure(error);
  if (!got?.code || WRONG_IN_FORM.test(reason(got.text))) return undefined;
  return OWNER_ONLY.test(reason(got.text)) ? "denied" : "refused";
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
  says(reason(got.text), expected, got.text);
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

/** A view shows `to` something that it keeps from `from`: no such row, or the complaint `expected` and nothing. */
export async function withheld(action, args, { to, from, expected }) {
  const rowsFor = async (person, complaint) => {
    const { error, result } = await person.answer(action, args);
    assert.equal(error, undefined, JSON.stringify(error));
    if (complaint === undefined) assert.equal(result.error ?? null, null);
    else says(result.error, complaint);
    return (result.query_result?.values ?? []).map((row) => JSON.stringify(row));
  };
  const shown = await rowsFor(to);
  assert.notDeepEqual(shown, [], `${action} shows something to whom it may`);
  const rows = await rowsFor(from, expected);
  assert.deepEqual(rows.filter((row) => shown.includes(row)), [], `${action} keeps it from others`);
  if (expected !== undefined) assert.deepEqual(rows, []);
  driven(action, "withheld");
}

/** An action that refuses nothing passes over what is not the caller's: what `look` sees stays as it is. */
export async function spared(person, action, args, look) {
  const before = await look();
  assert.ok(before, "there is something to spare");
  await person.execute(action, args);
  assert.deepEqual(await look(), before);
  driven(action, "spared");
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
