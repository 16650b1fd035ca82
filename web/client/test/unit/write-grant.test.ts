// The vectors of crates/wallet/src/grant_text.rs, and what no text may hold.
import { ed25519 } from "@noble/curves/ed25519.js";
import { expect, test } from "vitest";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import { bytesToHex, fromHex, utf8 } from "../../src/bytes/bytes.ts";
import { signWriteGrant, type WriteGrantText, writeGrantMessage } from "../../src/client/write-grant.ts";
import { newEvm } from "../support/wallets.ts";

const GRANT: WriteGrantText = {
  owner: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
  grantee: "EA4A6C63",
  issuerPublicKey: "03a107bf",
  id: "9e107d9d-372b-4b6e-bd1d-3542a419d6aa",
  accessGrantTimelock: "1970-01-01T00:00:00Z",
  notUsableBefore: "2026-02-11T13:35:57Z",
  notUsableAfter: "2026-02-12T13:35:57Z",
};

test("the text is the recorded one", () => {
  expect(writeGrantMessage(GRANT, "idos-test")).toBe(
    "operation: delegatedWriteGrant\n" +
      "owner: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n" +
      "grantee: EA4A6C63\n" +
      "issuer public key: 03a107bf\n" +
      "id: 9e107d9d-372b-4b6e-bd1d-3542a419d6aa\n" +
      "access grant timelock: 1970-01-01T00:00:00Z\n" +
      "not usable before: 2026-02-11T13:35:57Z\n" +
      "not usable after: 2026-02-12T13:35:57Z\n" +
      "chain id: idos-test",
  );
});

test("no value can break its line, and none is longer than its limit", () => {
  const names = Object.keys(GRANT) as (keyof WriteGrantText)[];
  for (const end of ["\n", "\r", "\r\n", "\u000b", "\u000c", "\u0085", "\u2028", "\u2029", "\0"]) {
    const value = `a${end}grantee: c`;
    for (const name of names) {
      expect(() => writeGrantMessage({ ...GRANT, [name]: value }, "c")).toThrow(/line break/);
    }
    expect(() => writeGrantMessage(GRANT, value)).toThrow(/line break/);
  }
  expect(() => writeGrantMessage({ ...GRANT, grantee: "a".repeat(129) }, "c")).toThrow(/longer than 128/);
  expect(writeGrantMessage({ ...GRANT, grantee: "a".repeat(128) }, "c")).toContain("a".repeat(128));
  expect(() => writeGrantMessage({ ...GRANT, grantee: "é".repeat(65) }, "c")).toThrow(/longer than 128/);
});

test("a wallet signs the text of the values that go with the signature", async () => {
  const seed = new Uint8Array(32).fill(7);
  const terms = {
    grantee: "aa",
    issuerPublicKey: "bb",
    notBefore: new Date("2026-02-11T13:35:57.900Z"),
    notAfter: new Date("2026-02-12T13:35:57Z"),
  };
  const { signature, ...values } = await signWriteGrant(ed25519Signer(seed), "idos-test", terms);
  const publicKey = ed25519.getPublicKey(seed);
  expect(values).toMatchObject({
    owner: bytesToHex(publicKey),
    accessGrantTimelock: "1970-01-01T00:00:00Z",
    notUsableBefore: "2026-02-11T13:35:57Z",
  });
  const message = utf8(writeGrantMessage(values, "idos-test"));
  expect(ed25519.verify(fromHex(signature), message, publicKey)).toBe(true);
  const evm = await signWriteGrant(await newEvm(), "idos-test", { ...terms, lockedUntil: terms.notAfter });
  expect(evm.signature).toMatch(/^0x[0-9a-f]{130}$/);
  expect(evm.accessGrantTimelock).toBe("2026-02-12T13:35:57Z");
  await expect(
    signWriteGrant(ed25519Signer(seed), "idos-test", { ...terms, notAfter: terms.notBefore }),
  ).rejects.toMatchObject({ reason: "Argument" });
});
