// Runs last: was every action of the node driven by the files before? It means something only after all of them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { catalogue, ofKind } from "../lib/actions.js";
import { forget, outcomes } from "../lib/driven.js";
import { connect } from "../lib/network.js";
import { NEVER_SUCCEED, OPEN_VIEWS, PRIVATE_ACTIONS, REFUSE_NOTHING, WITHHOLD_NOTHING } from "../lib/rules.js";

const { data: listed } = await connect().selectQuery("SELECT * FROM info.actions WHERE namespace = $namespace", {
  $namespace: "main",
});
const { ok, refused, denied, spared, withheld } = outcomes();
const sorted = (names) => [...names].sort();
const isPublic = ({ access_modifiers }) => !access_modifiers.includes("PRIVATE");
const publicNames = sorted(listed.filter(isPublic).map(({ name }) => name));
const namesOf = (...kinds) => sorted(ofKind(...kinds).map(({ name }) => name));
/** Those of some kinds of action that ended so. */
const among = (outcome, ...kinds) => namesOf(...kinds).filter((name) => outcome.has(name));

after(forget);

test("every action that the node lists was driven, and no other", () => {
  assert.deepEqual(sorted(new Set([ok, refused, denied, spared, withheld].flatMap((names) => [...names]))), publicNames);
});

test("every one succeeded at least once, but those that cannot on this network", () => {
  assert.deepEqual(sorted([...ok, ...NEVER_SUCCEED]), publicNames);
});

test("every write and every action of the owner was refused by a rule of its own, but those that have none", () => {
  assert.deepEqual(sorted([...among(refused, "write", "owner"), ...REFUSE_NOTHING]), namesOf("write", "owner"));
});

test("every action of the owner was denied to others", () => {
  assert.deepEqual(among(denied, "write", "owner"), namesOf("owner"));
});

test("every write that refuses nothing left alone what is somebody else's", () => {
  assert.deepEqual(sorted(spared), sorted(REFUSE_NOTHING.filter((name) => catalogue.get(name).kind === "write")));
});

test("every private view kept from one person what it showed to another, but those that have nothing to keep", () => {
  const views = namesOf("view").filter((name) => !OPEN_VIEWS.includes(name));
  assert.deepEqual(sorted([...withheld, ...WITHHOLD_NOTHING]), views);
  assert.deepEqual(WITHHOLD_NOTHING.filter((name) => !refused.has(name)), [], "these complain of what they are asked");
});

test("helpers are not public", () => {
  const helpers = listed.filter((action) => !isPublic(action)).map(({ name }) => name);
  assert.deepEqual(helpers.filter((name) => !PRIVATE_ACTIONS.includes(name)), []);
});

for (const { name, kind, params, columns } of catalogue.values())
  test(`info.actions describes ${name}`, () => {
    const row = listed.find((action) => action.name === name);
    assert.ok(row, "it is listed");
    assert.equal(row.namespace, "main");
    assert.deepEqual(row.parameter_names ?? [], params.map((p) => `$${p.name}`));
    assert.deepEqual(
      (row.parameter_types ?? []).map((type) => type.toLowerCase().replace(/^numeric\(78, ?0\)$/, "numeric")),
      params.map((p) => p.type),
    );
    assert.equal(row.access_modifiers.includes("PUBLIC"), true);
    assert.equal(row.access_modifiers.includes("VIEW"), kind === "view");
    assert.equal(row.access_modifiers.includes("OWNER"), kind === "owner");
    assert.deepEqual(row.return_names ?? [], columns);
  });
