// Sessions: to which web origin, person and scheme each belongs, and how it ends.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { anyArguments, ofKind } from "../lib/actions.js";
import { eventually, rpcError, thrown } from "../lib/expect.js";
import { chainId, url } from "../lib/network.js";
import { Person, kinds, newIssuer, newMember } from "../lib/people.js";
import * as raw from "../lib/raw.js";
import { OPEN_VIEWS } from "../lib/rules.js";

const issuer = await newIssuer();
const member = await newMember(issuer);
const session = await raw.login(member.signer);

function cookieOf(origin) {
  const digits = origin && createHash("sha256").update(origin).digest("hex").slice(0, 16);
  return digits ? `kgw_session_${digits}` : "kgw_session";
}

describe("origins", () => {
  const origin = "https://app.example";
  const cors = ({ headers }) => {
    assert.equal(headers.get("access-control-allow-origin"), origin);
    assert.equal(headers.get("access-control-allow-credentials"), "true");
    assert.match(headers.get("vary") ?? "", /origin/i);
  };

  test("preflight", async () => {
    const answer = await raw.request("OPTIONS", "/rpc/v1", {
      origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type",
    });
    assert.ok([200, 204].includes(answer.http));
    assert.equal(answer.body, "");
    cors(answer);
    assert.match(answer.headers.get("access-control-allow-methods"), /POST/);
    assert.match(answer.headers.get("access-control-allow-headers"), /content-type/i);
  });

  test("answers and errors carry the headers", async () => {
    cors(await raw.rpc("user.health", {}, { origin }));
    cors(await raw.rpc("user.nothing", {}, { origin }));
    cors(await raw.post("{", { origin }));
  });

  test("a session belongs to the web origin it was made for", async () => {
    const here = await raw.login(member.signer, { origin });
    assert.equal((await raw.call(member.signer, "get_user", {}, here)).error, undefined);
    const token = here.cookie.slice(here.cookie.indexOf("=") + 1);
    for (const elsewhere of ["https://other.example", "http://app.example", "https://app.example:8443", undefined])
      for (const cookie of [here.cookie, `${cookieOf(elsewhere)}=${token}`]) {
        const body = await raw.call(member.signer, "get_user", {}, { cookie, origin: elsewhere });
        assert.equal(body.error?.code, -901, `${cookie} used from ${elsewhere}`);
      }
  });

  test("pages of several web origins have a session each, in one browser", async () => {
    const other = "https://other.example";
    const [here, there] = [await raw.login(member.signer, { origin }), await raw.login(member.signer, { origin: other })];
    assert.deepEqual([here, there].map(({ cookie }) => cookie.split("=")[0]), [origin, other].map(cookieOf));
    const cookie = `${here.cookie}; ${there.cookie}`;
    const call = (from) => raw.call(member.signer, "get_user", {}, { cookie, origin: from });
    for (const from of [origin, other]) assert.equal((await call(from)).error, undefined);
    // Another page that logs out clears no cookie but its own.
    const third = await raw.rpc("kgw.logout", { account: "" }, { cookie, origin: "https://third.example" });
    assert.ok(third.setCookie[0].startsWith(`${cookieOf("https://third.example")}=;`));
    for (const from of [origin, other]) assert.equal((await call(from)).error, undefined);
  });
});

describe("sessions", () => {
  test("the cookie is out of a script's reach and has an end", async () => {
    assert.match(session.setCookie, /^kgw_session=[^;]+/);
    assert.match(session.setCookie, /;\s*HttpOnly/i);
    assert.match(session.setCookie, /;\s*Path=\//i);
    assert.match(session.setCookie, /;\s*SameSite=/i);
    assert.match(session.setCookie, /;\s*(Max-Age|Expires)=/i);
  });

  test("the parameters fit the client", async () => {
    const p = await raw.result("kgw.authn_param");
    assert.ok(p.domain === "" || p.domain === url, p.domain);
    assert.deepEqual([p.version, p.chain_id], ["1", chainId]);
    for (const member of ["nonce", "statement", "issue_at", "expiration_time", "uri"])
      assert.equal(typeof p[member], "string", member);
    assert.match(p.issue_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.notEqual(p.nonce, (await raw.result("kgw.authn_param")).nonce);
  });

  for (const { name } of ofKind("view").filter(({ name }) => !OPEN_VIEWS.includes(name)))
    test(`${name} needs one`, async () => {
      const tampered = { cookie: session.cookie.replace(/.$/, (end) => (end === "A" ? "B" : "A")) };
      for (const [signer, used] of [[undefined, {}], [member.signer, {}], [member.signer, { cookie: "kgw_session=x" }], [member.signer, tampered]]) {
        const answer = await raw.callPayload(signer, raw.payloadOf(name, anyArguments(name), raw.encodeCall), used);
        rpcError(answer, -901, { status: 200 });
      }
    });

  test("of one person does not serve another sender, nor another scheme", async () => {
    const other = await newMember(issuer);
    rpcError(await raw.callPayload(other.signer, raw.payloadOf("get_user", {}, raw.encodeCall), session), -901);
    rpcError(await raw.callPayload(undefined, raw.payloadOf("get_user", {}, raw.encodeCall), session), -901);
    const disguised = { identifier: other.signer.identifier, signatureType: "ed25519" };
    const text = /^failed to get caller/;
    rpcError(await raw.callPayload(disguised, raw.payloadOf("get_user", {}, raw.encodeCall), session), -601, { text });
  });

  test("kwil-js signs in again when its cookie is another person's", async () => {
    const other = await newMember(issuer);
    await member.call("get_user");
    other.kwil.cookie = member.kwil.cookie;
    assert.equal((await other.call("get_user"))[0].id, other.userId);
    assert.notEqual(other.kwil.cookie, member.kwil.cookie);
  });

  test("the cookie is taken with its attributes, as kwil-js sends it", async () => {
    const body = await raw.call(member.signer, "get_user", {}, { cookie: session.setCookie });
    assert.equal(body.error, undefined);
  });

  test("logging out ends it, and works without one", async () => {
    const ended = await raw.login(member.signer);
    for (const used of [ended, ended, {}, { cookie: "kgw_session=nonsense" }])
      for (const account of ["", Buffer.from(member.signer.identifier).toString("hex")]) {
        const { http, body, setCookie } = await raw.rpc("kgw.logout", { account }, used);
        assert.deepEqual([http, body.error], [200, undefined]);
        assert.ok(body.result);
        assert.match(setCookie[0], /^kgw_session=;/);
      }
    await eventually(async () => assert.equal((await raw.call(member.signer, "get_user", {}, ended)).error?.code, -901));
  });

  test("logging out another account ends nothing, and sets the same cookie", async () => {
    const session = await raw.login(member.signer);
    const { body, setCookie } = await raw.rpc("kgw.logout", { account: "00".repeat(32) }, session);
    assert.ok(body.result);
    assert.equal(setCookie[0].split(";")[0], session.cookie);
    assert.equal((await raw.call(member.signer, "get_user", {}, session)).error, undefined);
  });

  for (const kind of Object.keys(kinds))
    test(`${kind}: a flipped bit does not sign in`, async () => {
      const person = new Person(kind);
      const tamper = (params) => ({ ...params, signature: raw.flipBit(params.signature) });
      const { rpc } = await thrown(raw.login(person.signer, { tamper }));
      assert.equal(rpc, -903);
    });

  test("an invented nonce does not sign in", async () => {
    const { rpc } = await thrown(raw.login(member.signer, { tamper: (params) => ({ ...params, nonce: "invented" }) }));
    assert.equal(rpc, -903);
  });

  test("a sender or a scheme that is none does not sign in, nor does a page without an origin", async () => {
    const sign = (options) => thrown(raw.login(member.signer, options));
    const sender = await sign({ tamper: (params) => ({ ...params, sender: "zz" }) });
    assert.deepEqual([sender.rpc, sender.text], [-902, "sender is not hexadecimal"]);
    const scheme = await sign({ tamper: (p) => ({ ...p, signature: { ...p.signature, type: "nothing" } }) });
    assert.deepEqual([scheme.rpc, scheme.text], [-902, "authenticator not found: nothing"]);
    const opaque = await sign({ origin: "null" });
    assert.equal(opaque.rpc, -903);
    assert.match(opaque.text, /opaque origin/);
  });
});
