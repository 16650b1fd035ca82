// Records of what others wrote, whatever that is.
import { expect, test } from "vitest";
import { isWanted } from "../../src/client/credential-filter.ts";
import { FROM_PROOF } from "../../src/client/from-proof.ts";

const row = {
  id: "g",
  owner: "u",
  grantee: "bank",
  dataId: "d",
  lockedUntil: 0n,
  contentHash: null,
  origin: "user",
  originId: "",
  height: 7n,
} as const;
const ends = (expiresAt: bigint) => FROM_PROOF.grant({ ...row, expiresAt }).expiresAt ?? Number.NaN;

test("a grant that ends beyond all dates ends with the last of them, and spoils no list", () => {
  expect(ends(1_800_000_000n)).toBe(1_800_000_000);
  expect(ends(2n ** 62n)).toBe(8_640_000_000_000);
  expect(Number.isNaN(new Date(ends(2n ** 62n) * 1_000).getTime())).toBe(false);
  expect(() => FROM_PROOF.grant({ ...row, expiresAt: 0n, height: 2n ** 60n })).toThrow();
});

test("a copy stays a copy when its original is deleted, and is shown to whoever asks for copies only", () => {
  const credential = {
    id: "c",
    userId: "u",
    publicNotes: "",
    issuerAuthPublicKey: "aa",
    encryptorPublicKey: "",
    inserter: null,
    contentHash: new Uint8Array(32),
  };
  const found = { credential, copy: { copyId: "c", originalId: null, notes: "" } } as never;
  const copy = FROM_PROOF.credential(found);
  expect(copy).toMatchObject({ isCopy: true, originalId: null });
  expect([isWanted(copy, {}), isWanted(copy, { copies: true })]).toEqual([false, true]);
});
