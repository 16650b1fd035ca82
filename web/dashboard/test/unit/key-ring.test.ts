// A key ring is never put in the place of one that the change did not begin from.
import { NodeError } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { expect, test } from "vitest";
import { UnfinishedError } from "../../src/rules/error-text.ts";
import { storeKeyRing } from "../../src/session/key-ring.ts";
import { fakePerson } from "../support/person.ts";

test("a first ring is added, and a later one replaces the one it began from", async () => {
  const { person, attributes } = fakePerson();
  expect(await storeKeyRing(person, "first", null)).toBe("first");
  expect(await storeKeyRing(person, "second", "first")).toBe("second");
  expect(attributes.map((it) => it.value)).toEqual(["second"]);
});

test("what another device stored meanwhile stays, and the person is told", async () => {
  for (const replaces of ["first", null]) {
    const { person, attributes, writes } = fakePerson({ keyRing: "of another device" });
    const refusal = storeKeyRing(person, "mine", replaces);
    await expect(refusal).rejects.toBeInstanceOf(EnclaveError);
    await expect(refusal).rejects.toThrow(
      "the ways to unlock were changed elsewhere meanwhile: load the page again",
    );
    expect(attributes.map((it) => it.value)).toEqual(["of another device"]);
    expect(writes).toEqual([]);
  }
  // It was taken away elsewhere.
  const { person } = fakePerson();
  await expect(storeKeyRing(person, "mine", "first")).rejects.toThrow("changed elsewhere");
});

test("what is stored already is not written again, whatever it replaces", async () => {
  const { person, writes } = fakePerson({ keyRing: "ring" });
  expect(await storeKeyRing(person, "ring", "older")).toBe("ring");
  expect(writes).toEqual([]);
});

test("without a ring to compare with, nothing is compared; copies of others are no ring", async () => {
  const { person, attributes } = fakePerson({ keyRing: "old" });
  attributes.unshift({ ...attributes[0], id: "copy", originalId: "x", value: "of somebody" } as never);
  expect(await storeKeyRing(person, "new")).toBe("new");
  expect(attributes.map((it) => it.value)).toEqual(["of somebody", "new"]);
});

test("the answer is what the network shows after the write", async () => {
  const { person, attributes } = fakePerson({ keyRing: "old" });
  const edit = person.editAttribute.bind(person);
  person.editAttribute = async (...given) => {
    const receipt = await edit(...given);
    attributes.splice(0, 1, { ...attributes[0], value: "of another device" } as never);
    return receipt;
  };
  expect(await storeKeyRing(person, "mine", "old")).toBe("of another device");
});

test("a ring that was written and cannot be looked at is not said to be none", async () => {
  const { person } = fakePerson({ keyRing: "old" });
  const offline = new NodeError("Unreachable", "http://n", "x");
  const edit = person.editAttribute.bind(person);
  person.editAttribute = async (...given) => {
    const receipt = await edit(...given);
    person.attributes = () => Promise.reject(offline);
    return receipt;
  };
  await expect(storeKeyRing(person, "new", "old")).rejects.toEqual(new UnfinishedError(offline));
  // Before the write it is an error like others.
  await expect(storeKeyRing(person, "newer", "new")).rejects.toBe(offline);
});
