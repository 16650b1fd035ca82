// The protocol itself: envelopes, payloads, transactions, and what is refused of each. Sessions are in the next file.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import * as actions from "../lib/actions.js";
import { anyArguments, ofKind } from "../lib/actions.js";
import { eventually, notAdmitted, refused, refusedStranger, rpcError, thrown } from "../lib/expect.js";
import { chainId, connect } from "../lib/network.js";
import { Person, kinds, newIssuer, newMember } from "../lib/people.js";
import * as raw from "../lib/raw.js";
import { OVERSIZED_BYTES, PRIVATE_ACTIONS } from "../lib/rules.js";

const issuer = await newIssuer();
const member = await newMember(issuer);
const session = await raw.login(member.signer);
const attribute = (changes) => ({ id: randomUUID(), attribute_key: "country", value: "PT", ...changes });
const payload = () => raw.payloadOf("add_attribute", attribute());
const attributeCount = async () => (await member.call("get_attributes")).length;
/** A refusal of any kind: not admitted, not decoded, or included and failed. */
const anyRefusal = async (promise) => {
  const { rpc, code } = await thrown(promise);
  assert.ok(rpc !== undefined || code !== 0);
};

describe("what the node says of itself", () => {
  test("chain, health, version, ping, accounts", async () => {
    const info = await raw.result("user.chain_info");
    assert.equal(info.chain_id, chainId);
    assert.equal(typeof info.block_height, "number");
    assert.match(info.block_hash, /^[0-9a-f]{64}$/);
    assert.equal(info.gas, false);
    const health = await raw.result("user.health");
    assert.deepEqual([health.mode, health.healthy, health.chain_id], ["open", true, chainId]);
    const version = await raw.result("user.version");
    assert.equal(typeof version.api_ver, "string");
    assert.equal((await connect().ping()).data, "pong");
    assert.equal(typeof (await raw.result("user.num_accounts")).count, "number");
  });

  test("its health over HTTP", async () => {
    const { http, body } = await raw.request("GET", "/api/v1/health");
    assert.deepEqual([http, body.kwil_alive, body.healthy], [200, true, true]);
    assert.equal((await raw.request("GET", "/api/v1/health/none")).http, 404);
  });

  test("accounts count transactions, and cost nothing", async () => {
    const person = await newMember(issuer);
    const before = await person.kwil.getAccount(person.signer.identifier);
    assert.deepEqual([Number(before.data.nonce), before.data.balance], [0, "0"]);
    await person.execute("add_attribute", attribute());
    await refused(person.execute("add_attribute", { ...attribute(), id: null }));
    assert.equal(Number((await person.kwil.getAccount(person.signer.identifier)).data.nonce), 2, "a failure counts too");
    const tx = { ...(await raw.transaction(person.signer, payload())), signature: { sig: null, type: "secp256k1_ep" } };
    Object.assign(tx.body, { fee: null, nonce: null, chain_id: "" });
    assert.equal((await raw.result("user.estimate_price", { tx })).price, "0");
    const unnamed = await raw.rpc("user.account", { status: 0 });
    rpcError(unnamed, -32602, { status: 400 });
  });
});

describe("envelopes", () => {
  const envelope = (changes) => JSON.stringify({ jsonrpc: "2.0", id: 7, method: "user.ping", params: {}, ...changes });

  test("no JSON", async () => {
    for (const text of ["", "{", "hello", '{"jsonrpc":"2.0","id":1', "\u0000"]) {
      const answer = await raw.post(text);
      rpcError(answer, -32700, { status: 400 });
      assert.equal(answer.body.id, -1);
    }
  });

  test("a wrong version, or no id", async () => {
    for (const changes of [{ jsonrpc: "1.0" }, { jsonrpc: undefined }, { id: undefined }, { id: null }, { id: 0 }])
      rpcError(await raw.post(envelope(changes)), -32600, { status: 400 });
  });

  test("an unknown method", async () => {
    for (const method of ["user.nothing", "kgw.nothing", "user.databases"])
      rpcError(await raw.post(envelope({ method })), -32601, { status: 404 });
  });

  test("parameters of no use", async () => {
    const id = { identifier: "00".repeat(32), key_type: "ed25519" };
    const cases = [
      ["user.account", { id: { ...id, identifier: "zz" } }, "account identifier is not hexadecimal"],
      ["user.account", { id: { ...id, key_type: "x" } }, "unknown key type: x"],
      ["user.account", { id, status: 2 }, /status has to be 0 or 1/],
      ["user.broadcast", { tx: {}, sync: 2 }, /sync has to be 0 or 1/],
      ["user.estimate_price", { tx: {} }, "missing payload type"],
      ["user.tx_query", { tx_hash: "zz" }, /64 hexadecimal digits/],
      ["user.call", { body: { payload: "%" } }, /payload is not base64/],
      ["idos.prove", { body: { payload: "%" } }, /payload is not base64/],
      ["user.query", { query: "", params: { $a: { type: { name: "varchar" } } } }, /unknown data type/],
      ["kgw.authn", {}, /missing field/],
    ];
    for (const [method, params, text] of cases) rpcError(await raw.rpc(method, params), -32602, { status: 400, text });
    const methods = [
      "user.call", "user.broadcast", "user.tx_query", "user.query", "user.account", "user.estimate_price",
      "user.chain_info", "user.health", "user.version", "user.ping", "user.num_accounts", "user.challenge",
      "kgw.authn_param", "kgw.authn", "idos.prove", "idos.set_changes",
    ];
    for (const method of methods)
      for (const params of [[], "x", 7]) rpcError(await raw.rpc(method, params), -32602, { status: 400 });
    for (const method of ["user.call", "user.broadcast", "user.tx_query", "kgw.authn", "user.query"])
      rpcError(await raw.rpc(method, { tx: 1, body: 2, tx_hash: 3, query: 4, nonce: 5 }), -32602, { status: 400 });
  });

  test("logging out is never refused, whatever is said of it", async () => {
    for (const params of [[], "x", { account: "zz" }, { account: 7 }]) {
      const { http, body } = await raw.rpc("kgw.logout", params);
      assert.deepEqual([http, body.error], [200, undefined], JSON.stringify(params));
    }
  });

  test("the id comes back", async () => {
    const { body } = await raw.post(envelope({ id: 123456 }));
    assert.deepEqual([body.id, body.jsonrpc], [123456, "2.0"]);
  });

  test("a body that is too large", async () => {
    const text = envelope({ params: { message: "x".repeat(OVERSIZED_BYTES) } });
    const answer = await raw.post(text).catch(() => ({ http: 0 }));
    assert.notEqual(answer.http, 200);
    assert.equal((await raw.result("user.health")).healthy, true);
  });

  test("other HTTP methods", async () => {
    for (const method of ["GET", "PUT", "DELETE"]) assert.equal((await raw.request(method, "/rpc/v1")).http, 405);
  });
});

/** The name of the cookie of a web origin; without one, that of clients outside browsers. */
describe("views", () => {
  const call = (data, used = session) => raw.callPayload(member.signer, data, used);
  const whole = raw.payloadOf("get_credential_owned", { id: randomUUID() }, raw.encodeCall);

  test("a payload that is cut short, or too long", async () => {
    for (const cut of [0, 1, 5, 10, 20, 40, whole.length - 1]) rpcError(await call(whole.subarray(0, cut)), -32602);
    rpcError(await call(Buffer.concat([whole, Buffer.of(0)])), -32602);
  });

  test("lengths that promise too much", async () => {
    for (const at of [2, 10]) {
      const wrong = Buffer.from(whole);
      wrong.writeUInt32LE(0xfffffff0, at);
      assert.ok((await call(wrong)).body.error);
    }
  });

  test("the wrong number or types of arguments, an unknown action, a helper", async () => {
    const has = (action, types, values) => call(raw.encodeCall(action, types, values));
    const cases = [
      [["get_user", ["text"], ["x"]], 'action invocation error: action "get_user" expected 0 arguments, but got 1'],
      [["get_credential_owned", [], []], 'action invocation error: action "get_credential_owned" expected 1 arguments, but got 0'],
      [["get_credential_owned", ["text"], ["x"]], 'type error: action "get_credential_owned" expected argument 1 to be of type uuid, but got text'],
      [["nothing", [], []], 'unknown action: action "nothing" does not exist in namespace "main"'],
    ];
    for (const [[action, types, values], text] of cases) rpcError(await has(action, types, values), -300, { text });
  });

  for (const { name } of ofKind("write", "owner"))
    test(`${name} is no view`, async () => {
      const text = `connection is read-only and cannot mutate state: action "${name}" requires a writer connection`;
      rpcError(await call(raw.payloadOf(name, anyArguments(name), raw.encodeCall)), -300, { text });
    });

  for (const name of PRIVATE_ACTIONS)
    test(`${name} is nobody's to call`, async () => {
      const answer = await call(raw.encodeCall(name, [], []));
      rpcError(answer, -300, { text: new RegExp(`action is private: action ${name} is private|unknown action|expected \\d+ arguments`) });
    });

  test("an impossible sender", async () => {
    const wrong = [
      { signatureType: "secp256k1_ep", identifier: Buffer.alloc(32) },
      { signatureType: "ed25519", identifier: Buffer.alloc(28) },
      { signatureType: "nothing", identifier: Buffer.alloc(32) },
    ];
    for (const signer of wrong) {
      const answer = await raw.callPayload(signer, raw.payloadOf("get_user", {}, raw.encodeCall), session);
      rpcError(answer, -601, { text: /^failed to get caller/ });
    }
  });

  test("named arguments work, by way of info.actions", async () => {
    const { data } = await connect().call({
      namespace: "main", name: "has_profile", inputs: { $address: member.address },
    });
    assert.deepEqual(data.result, [{ has_profile: true }]);
  });
});

describe("SQL", () => {
  const query = (text) => raw.rpc("user.query", { query: text, params: {} });

  test("tables of people are not to be had", async () => {
    for (const table of ["users", "main.users", "wallets", "credentials", "access_grants"]) {
      const text = 'user does not have privilege SELECT on namespace "main"';
      rpcError(await query(`SELECT * FROM ${table}`), -300, { text: new RegExp(text) });
    }
    await assert.rejects(connect().selectQuery("SELECT * FROM users"), /does not have privilege SELECT/);
  });

  test("nor anything else", async () => {
    for (const text of [
      "DELETE FROM users", "INSERT INTO users VALUES (1)", "DROP TABLE users", "SELECT 1; SELECT 2", "PRAGMA table_info(users)",
      "SELECT * FROM sqlite_master", "SELECT * FROM info.actions, main.users", "ATTACH 'x' AS y", "", "SELECT * FROM",
    ]) {
      const { body } = await query(text);
      assert.ok(body.error, `${text} → ${JSON.stringify(body)}`);
    }
  });
});

describe("transactions", () => {
  const send = async (data, options) => raw.broadcast(await raw.transaction(member.signer, data, options));

  test("have the hash that anyone can compute, in 64 hex digits", async () => {
    for (const kind of Object.keys(kinds)) {
      const person = await newMember(issuer, kind);
      const tx = await raw.transaction(person.signer, payload(), { desc: "a description" });
      const { tx_hash, result } = await raw.broadcast(tx);
      assert.equal(tx_hash, raw.transactionHash(tx), kind);
      assert.equal(result.code, 0);
    }
  });

  test("have one hash, however a wallet spells its signature", async () => {
    const person = await newMember(issuer, "evm");
    const tx = await raw.transaction(person.signer, payload());
    const bytes = Buffer.from(tx.signature.sig, "base64");
    bytes[64] -= 27;
    const respelled = { ...tx, signature: { ...tx.signature, sig: bytes.toString("base64") } };
    const { tx_hash, result } = await raw.broadcast(respelled);
    assert.equal(result.code, 0);
    assert.equal(tx_hash, raw.transactionHash(tx));
    assert.notEqual(tx_hash, raw.transactionHash(respelled));
    for (const again of [tx, respelled]) await anyRefusal(raw.broadcast(again));
    assert.equal((await person.call("get_attributes")).length, 1);
  });

  test("encoded here and by kwil-js are the same bytes", async () => {
    const args = attribute({ value: "Ünïcode" });
    const person = await newMember(issuer);
    const { tx_hash } = await person.execute("add_attribute", args);
    const { data } = await person.kwil.txInfo(tx_hash);
    await person.call("get_user");
    const mine = (await person.kwil.txInfo(tx_hash)).data;
    assert.deepEqual(Buffer.from(mine.tx.body.payload), raw.payloadOf("add_attribute", args));
    assert.equal(data.tx.body.payload.length, 0, "before signing in");
  });

  test("are shown whole to their sender only", async () => {
    const { tx_hash } = await send(payload(), { desc: "Add an attribute" });
    const look = async (used) => raw.result("user.tx_query", { tx_hash }, used);
    const mine = await look(session);
    assert.equal(mine.tx.sender, Buffer.from(member.signer.identifier).toString("hex"));
    assert.ok(mine.tx.body.payload.length > 0);
    const other = await newMember(issuer);
    for (const used of [{}, await raw.login(other.signer), { ...session, origin: "https://other.example" }]) {
      const seen = await look(used);
      const { body, sender, signature } = seen.tx;
      assert.deepEqual([body.payload, body.desc, sender, signature.sig], ["", "", "", ""]);
      assert.ok(seen.height > 0);
      assert.deepEqual([seen.tx_hash, seen.tx_result.code], [tx_hash, 0]);
    }
  });

  test("that nobody sent are not found", async () => {
    rpcError(await raw.rpc("user.tx_query", { tx_hash: "00".repeat(32) }), -202, { status: 200 });
  });

  test("need not be waited for", async () => {
    const person = await newMember(issuer);
    const args = attribute();
    const { values } = actions.positional("add_attribute", args);
    const { data } = await person.kwil.execute(
      { namespace: "main", name: "add_attribute", description: "", inputs: [values] },
      person.signer,
    );
    await eventually(async () => {
      const info = (await person.kwil.txInfo(data.tx_hash)).data;
      assert.ok(info.height > 0);
      assert.equal(info.tx_result.code, 0);
    });
    assert.equal((await person.call("get_attributes"))[0].id, args.id);
  });

  test("may be several at once, if their nonces count on", async () => {
    const person = await newMember(issuer);
    const txs = [];
    for (const nonce of [1, 2, 3]) txs.push(await raw.transaction(person.signer, payload(), { nonce }));
    for (const tx of txs) await raw.broadcast(tx, { sync: 0 });
    await eventually(async () => assert.equal(await raw.account(person.signer), 3));
    assert.equal((await person.call("get_attributes")).length, 3);
  });

  test("for another chain", async () => {
    await notAdmitted(send(payload(), { chain: "another-chain" }), 5, /wrong chain ID/);
  });

  test("with a nonce that was used, or that leaves a gap", async () => {
    const last = await raw.account(member.signer);
    await notAdmitted(send(payload(), { nonce: last }), 4, /invalid nonce/);
    await notAdmitted(send(payload(), { nonce: last + 2 }), 4, /invalid nonce/);
    await notAdmitted(send(payload(), { nonce: 0 }));
  });

  test("again the same", async () => {
    const tx = await raw.transaction(member.signer, payload());
    await raw.broadcast(tx);
    const before = await attributeCount();
    await notAdmitted(raw.broadcast(tx), 65535, /already exists/);
    assert.equal(await attributeCount(), before);
  });

  test("two with one nonce: one goes in", async () => {
    const person = await newMember(issuer);
    const txs = await Promise.all([1, 1].map((nonce) => raw.transaction(person.signer, payload(), { nonce })));
    const ends = await Promise.allSettled(txs.map((tx) => raw.broadcast(tx)));
    const failed = ends.filter(({ status }) => status === "rejected");
    assert.equal(failed.length, 1);
    await notAdmitted(Promise.reject(failed[0].reason), 4);
    assert.equal((await person.call("get_attributes")).length, 1);
  });

  for (const kind of Object.keys(kinds))
    test(`${kind}: a flipped bit anywhere that was signed`, async () => {
      const person = await newMember(issuer, kind);
      const tx = await raw.transaction(person.signer, payload(), { desc: "as shown" });
      const changed = Buffer.from(tx.body.payload, "base64");
      changed[changed.length - 1] ^= 1;
      const forgeries = [
        { ...tx, signature: raw.flipBit(tx.signature) },
        { ...tx, body: { ...tx.body, payload: changed.toString("base64") } },
        { ...tx, body: { ...tx.body, desc: "as shown " } },
        { ...tx, body: { ...tx.body, fee: "1" } },
        { ...tx, sender: Buffer.from(new Person(kind).signer.identifier).toString("hex") },
      ];
      for (const forgery of forgeries) await notAdmitted(raw.broadcast(forgery), 3);
      await anyRefusal(raw.broadcast({ ...tx, signature: { ...tx.signature, sig: "" } }));
      await raw.broadcast(tx);
    });

  test("under an unknown scheme, payload type or serialization", async () => {
    const tx = await raw.transaction(member.signer, payload());
    const scheme = { ...tx, signature: { ...tx.signature, type: "SECP256K1_EP" } };
    await notAdmitted(raw.broadcast(scheme), 3, /authenticator not found/);
    for (const type of ["nothing", "raw_statement"]) {
      const other = { ...tx, body: { ...tx.body, type } };
      await notAdmitted(raw.broadcast(other), 2, /unknown payload type/);
      rpcError(await raw.rpc("user.estimate_price", { tx: other }), -200, { text: /unknown payload type/ });
    }
    await notAdmitted(raw.broadcast({ ...tx, sender: "00".repeat(28) }), 9, /the sender is no/);
    for (const wrong of [{ ...tx, serialization: "rlp" }, { ...tx, body: { ...tx.body, desc: "x".repeat(201) } }])
      rpcError(await raw.rpc("user.broadcast", { tx: wrong, sync: 1 }), -32602, { status: 400 });
  });

  test("whose payload is cut short, or too long", async () => {
    const before = await attributeCount();
    const whole = payload();
    for (const cut of [1, 3, 10, 23, 30, 60, whole.length - 1]) await notAdmitted(send(whole.subarray(0, cut)), 1);
    await notAdmitted(send(Buffer.concat([whole, Buffer.of(0)])), 1);
    const tx = await raw.transaction(member.signer, Buffer.alloc(0));
    rpcError(await raw.rpc("user.broadcast", { tx }), -32602, { status: 400, text: "missing payload" });
    assert.equal(await attributeCount(), before);
  });

  test("with the wrong number or types of arguments, or for no action that one may call", async () => {
    const cases = [
      [["add_attribute", ["uuid"], [randomUUID()]], 'action invocation error: action "add_attribute" expected 3 arguments, but got 1'],
      [["erase_profile", ["text"], ["x"]], 'action invocation error: action "erase_profile" expected 0 arguments, but got 1'],
      [["add_attribute", ["text", "text", "text"], ["x", "y", "z"]],
        'type error: action "add_attribute" expected argument 1 to be of type uuid, but got text'],
      [["add_attribute", ["uuid", "text", "int8"], [randomUUID(), "y", 1]],
        'type error: action "add_attribute" expected argument 3 to be of type text, but got int8'],
      [["nothing", [], []], 'unknown action: action "nothing" does not exist in namespace "main"'],
    ];
    for (const [[action, types, values], text] of cases) await refused(send(raw.encodeExecution(action, types, values)), text);
    for (const name of PRIVATE_ACTIONS)
      await refused(send(raw.encodeExecution(name, [], [])), /action is private|unknown action|expected \d+ arguments/);
    await refusedStranger(
      raw.broadcast(await raw.transaction(new Person().signer, raw.encodeExecution("nothing", [], []))),
      "unknown action",
    );
  });

  test("named arguments work in kwil-js, by way of info.actions", async () => {
    const person = await newMember(issuer);
    const args = attribute();
    const inputs = [Object.fromEntries(Object.entries(args).map(([name, value]) => [`$${name}`, value]))];
    await person.kwil.execute({ namespace: "main", name: "add_attribute", inputs }, person.signer, true);
    assert.equal((await person.call("get_attributes"))[0].id, args.id);
  });

  test("of strangers leave no account behind when they fail", async () => {
    const stranger = new Person();
    await refusedStranger(stranger.execute("add_attribute", attribute()), /./);
    assert.equal(await raw.account(stranger.signer), 0);
  });
});
