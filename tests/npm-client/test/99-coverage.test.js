// Runs last: was every action of the node driven by the files before? It means something only after all of them.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { catalogue } from "../lib/actions.js";
import { forget, outcomes } from "../lib/driven.js";
import { connect } from "../lib/network.js";
import { NEVER_SUCCEED, OPEN_VIEWS, PRIVATE_ACTIONS } from "../lib/rules.js";

const { data: listed } = await connect().selectQuery("SELECT * FROM info.actions WHERE namespace = $namespace", {
  $namespace: "main",
});
const { ok, refused } = outcomes();
const sorted = (names) => [...names].sort();
const isPublic = ({ access_modifiers }) => !access_modifiers.includes("PRIVATE");
const publicNames = sorted(listed.filter(isPublic).map(({ name }) => name));

after(forget);

test("every action that the node lists was driven, and no other", () => {
  assert.deepEqual(sorted(new Set([...ok, ...refused])), publicNames);
});

test("every one succeeded at least once, but those that cannot on this network", () => {
  assert.deepEqual(sorted([...ok, ...NEVER_SUCCEED]), publicNames);
});

test("every one was refused at least once, but the views that are open to all", () => {
  const always = OPEN_VIEWS.filter((name) => !refused.has(name));
  assert.deepEqual(sorted([...refused, ...always]), publicNames);
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
