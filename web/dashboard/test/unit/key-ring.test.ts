// A key ring is never put in the place of one that the change did not begin from.
import { NodeError } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { expect, test } from "vitest";
import { UnfinishedError } from "../../src/rules/error-text.ts";
import { storeKeyRing } from "../../src/session/key-ring.ts";
import { fakePerson } from "../support/person.ts";
import { RING, ring } from "../support/ring.ts";

test("a first ring is added, and a later one replaces the one it began from", async () => {
  const { person, attributes } = fakePerson();
  expect(await storeKeyRing(person, ring("first"), null)).toBe(ring("first"));
  expect(await storeKeyRing(person, ring("second"), ring("first"))).toBe(ring("second"));
  expect(attributes.map((it) => it.value)).toEqual([ring("second")]);
});

test("what another device stored meanwhile stays, and the person is told", async () => {
  for (const replaces of [ring("first"), null]) {
    const { person, attributes, writes } = fakePerson({ keyRing: ring("of another device") });
    const refusal = storeKeyRing(person, ring("mine"), replaces);
    await expect(refusal).rejects.toBeInstanceOf(EnclaveError);
    await expect(refusal).rejects.toThrow(
      "the ways to unlock were changed elsewhere meanwhile: load the page again",
    );
    expect(attributes.map((it) => it.value)).toEqual([ring("of another device")]);
    expect(writes).toEqual([]);
  }
  // It was taken away elsewhere.
  const { person } = fakePerson();
  await expect(storeKeyRing(person, ring("mine"), ring("first"))).rejects.toThrow("changed elsewhere");
});

test("what is stored already is not written again, whatever it replaces", async () => {
  const { person, writes } = fakePerson({ keyRing: RING });
  expect(await storeKeyRing(person, RING, ring("older"))).toBe(RING);
  expect(writes).toEqual([]);
});

test("without a ring to compare with, nothing is compared; copies of others are no ring", async () => {
  const { person, attributes } = fakePerson({ keyRing: ring("old") });
  attributes.unshift({ ...attributes[0], id: "copy", originalId: "x", value: "of somebody" } as never);
  expect(await storeKeyRing(person, ring("new"))).toBe(ring("new"));
  expect(attributes.map((it) => it.value)).toEqual(["of somebody", ring("new")]);
});

test("the answer is what the network shows after the write", async () => {
  const { person, attributes } = fakePerson({ keyRing: ring("old") });
  const edit = person.editAttribute.bind(person);
  person.editAttribute = async (...given) => {
    const receipt = await edit(...given);
    attributes.splice(0, 1, { ...attributes[0], value: ring("of another device") } as never);
    return receipt;
  };
  expect(await storeKeyRing(person, ring("mine"), ring("old"))).toBe(ring("of another device"));
});

test("a ring that was written and cannot be looked at is not said to be none", async () => {
  const { person } = fakePerson({ keyRing: ring("old") });
  const offline = new NodeError("Unreachable", "http://n", "x");
  const edit = person.editAttribute.bind(person);
  person.editAttribute = async (...given) => {
    const receipt = await edit(...given);
    person.attributes = () => Promise.reject(offline);
    return receipt;
  };
  await expect(storeKeyRing(person, ring("new"), ring("old"))).rejects.toEqual(new UnfinishedError(offline));
  // Before the write it is an error like others.
  await expect(storeKeyRing(person, ring("newer"), ring("new"))).rejects.toBe(offline);
});
