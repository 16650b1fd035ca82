// Tokens, fees and gas, as on a network without token bridges.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import * as actions from "../lib/actions.js";
import { credential } from "../lib/credentials.js";
import { complains, refused, refusedStranger, withheld } from "../lib/expect.js";
import { connect } from "../lib/network.js";
import { Person, newIssuer, newMember, owner } from "../lib/people.js";
import { FIRST_ALLOWANCE, GAS_COST } from "../lib/rules.js";

const issuer = await newIssuer();
const member = await newMember(issuer);
const credentialOf = async (person) => {
  const args = credential({ to: person.box.publicKey, issuer: issuer.keys });
  await person.execute("add_credential", args);
  return args.id;
};
const allowance = async (person) => BigInt((await person.call("get_allowance"))[0].gas_allowance);

test("nobody has a balance, and no session is needed to hear so", async () => {
  for (const token of ["IDOS", "USDC"])
    assert.deepEqual(
      await actions.call(connect(), undefined, "check_balance", { address: member.address, token }),
      [{ balance: "0" }],
    );
  await complains(member, "check_balance", { address: member.address, token: "DOGE" }, "invalid token");
});

test("no wallet has a balance", async () => {
  for (const token of ["IDOS", "USDC"]) {
    const rows = await member.call("get_wallet_with_balance", { token });
    assert.equal(rows[0]?.wallet_address ?? null, null);
  }
  await complains(member, "get_wallet_with_balance", { token: "DOGE" }, "invalid token");
});

test("gas comes off the allowance of a profile", async () => {
  const person = await newMember(issuer);
  assert.equal(await allowance(person), FIRST_ALLOWANCE);
  await person.execute("action_costing_gas");
  await person.execute("action_costing_gas");
  assert.equal(await allowance(person), FIRST_ALLOWANCE - 2n * GAS_COST);
  for (const from of [member, issuer]) await withheld("get_allowance", {}, { to: person, from });
  assert.deepEqual(await new Person().call("get_allowance"), []);
  await refused(issuer.execute("action_costing_gas"), "no wallet with balance found");
  await refusedStranger(new Person().execute("action_costing_gas"), "no wallet with balance found");
});

test("tokens are taken in either type of number, if there were any", async () => {
  for (const amount of ["int8", "numeric"])
    await refused(
      member.execute("action_costing_idos_token", { amount: 5 }, { types: { amount } }),
      "no wallet with balance found",
    );
  await refusedStranger(
    new Person().execute("action_costing_idos_token", { amount: 5 }, { types: { amount: "int8" } }),
    "no wallet with balance found",
  );
});

test("fees of credentials", async () => {
  const id = await credentialOf(member);
  const fee = (credential_id) => actions.call(connect(), undefined, "get_issuer_fee", { credential_id });
  assert.deepEqual(await fee(id), [{ issuer_fee: "0" }]);
  await complains(member, "get_issuer_fee", { credential_id: randomUUID() }, "credential not found");
  await refused(member.execute("action_costing_fee", { credential_id: id }), "no wallet with balance found");
});

test("nothing can be withdrawn", async () => {
  await refused(member.execute("request_withdrawal", { token: "IDOS" }), "no wallet with balance found");
  await refused(member.execute("request_withdrawal", { token: "DOGE" }), "invalid token");
  await refused(
    owner().execute("request_balance_withdrawal", { token: "DOGE", evm_address_to: member.address }),
    "invalid token",
  );
  await refused(
    owner().execute("request_balance_withdrawal", { token: "IDOS", evm_address_to: member.address }),
    'namespace "idos_token_bridge" does not exist',
  );
});
