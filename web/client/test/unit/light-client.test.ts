import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, test } from "vitest";
import { bytesToHex, fromHex } from "../../src/bytes/bytes.ts";
import { decodeCertificate, signedBytes, verifyCertificate } from "../../src/light-client/certificate.ts";
import { genesisCheckpoint } from "../../src/light-client/genesis.ts";
import { LightClient } from "../../src/light-client/light-client.ts";
import { isNodeAddress } from "../../src/light-client/node-address.ts";
import { decodeSetChange } from "../../src/light-client/set-change.ts";
import {
  decodeValidatorSet,
  isQuorum,
  isSigned,
  validatorSetLeaf,
} from "../../src/light-client/validator-set.ts";
import { fixture } from "../support/fixtures.ts";
import {
  type CaseJson,
  type LeafJson,
  leafOf,
  type RootJson,
  refusal,
  rootOf,
  verdict,
} from "../support/vectors.ts";

interface CertificatesJson {
  set: { keys: string[]; encoded: string; salt: string; leaf_of_epoch_2: LeafJson };
  statement: {
    chain_id: string;
    epoch: string;
    height: string;
    ends_epoch: boolean;
    header: string;
    root: RootJson;
    time_millis: string;
    encoded: string;
    signed: string;
  };
  certificates: { name: string; certificate: string; refused: string | null }[];
}
interface LightClientJson {
  chain_id: string;
  sets_of_epochs_0_and_1: [string, string];
  changes: string[];
  first_change_by_a_later_height: string;
  first_set_by_a_height_too_late: string;
  epoch: number;
  sets: [string, string];
  certificate: string;
  answer: CaseJson;
}

const vectors = fixture<CertificatesJson>("proof/certificates.json");
const walk = fixture<LightClientJson>("proof/light-client.json");
const set = decodeValidatorSet(fromHex(vectors.set.encoded));

function client(): LightClient {
  return LightClient.trusting({ chainId: walk.chain_id, epoch: "0", sets: walk.sets_of_epochs_0_and_1 });
}

describe("certificates", () => {
  test("sets and their leaves are those of the vectors", () => {
    expect(set.members.map(({ key }) => bytesToHex(key))).toEqual(vectors.set.keys);
    expect(bytesToHex(set.encoded)).toBe(vectors.set.encoded);
    const leaf = validatorSetLeaf(set, 2n, fromHex(vectors.set.salt));
    expect(leaf).toEqual(leafOf(vectors.set.leaf_of_epoch_2));
  });

  test.each(vectors.certificates.map((it) => [it.name, it] as const))("%s", (_, it) => {
    const certificate = decodeCertificate(fromHex(it.certificate));
    const { statement } = vectors;
    expect(bytesToHex(certificate.encodedStatement)).toBe(statement.encoded);
    expect(bytesToHex(signedBytes(certificate.encodedStatement))).toBe(statement.signed);
    expect(certificate.statement).toEqual({
      chainId: statement.chain_id,
      epoch: BigInt(statement.epoch),
      height: BigInt(statement.height),
      endsEpoch: statement.ends_epoch,
      header: fromHex(statement.header),
      root: rootOf(statement.root),
      timeMillis: BigInt(statement.time_millis),
    });
    expect(refusal(() => verifyCertificate(certificate, set))).toBe(it.refused);
  });

  test("no changed bit of a certificate goes unnoticed", () => {
    const bytes = fromHex(vectors.certificates.find((it) => it.name === "enough signed")?.certificate ?? "");
    // Every seventh bit, since each costs signatures.
    for (let bit = 0; bit < 8 * bytes.length; bit += 7) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const refused = refusal(() => verifyCertificate(decodeCertificate(changed), set));
      expect(refused, `bit ${bit}`).not.toBeNull();
    }
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(() => decodeCertificate(bytes.slice(0, length)))).toBe("Truncated");
    }
  });
});

test("a quorum is more than two thirds", () => {
  const [member] = set.members;
  const pairs: [number, number][] = [
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 3],
    [5, 4],
    [6, 5],
    [7, 5],
    [100, 67],
  ];
  for (const [length, quorum] of pairs) {
    const members = Array.from({ length }, () => member).filter((it) => it !== undefined);
    const sized = { ...set, members };
    expect([isQuorum(sized, quorum), isQuorum(sized, quorum - 1)], `${length}`).toEqual([true, false]);
  }
});

describe("signatures hold by the rules of ZIP 215", () => {
  const SMALL_ORDER = [
    "00".repeat(32),
    `01${"00".repeat(31)}`,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    `ec${"ff".repeat(30)}7f`,
    `ed${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
  ].flatMap((y) => {
    const [bytes, signed] = [fromHex(y), fromHex(y)];
    signed[31] = (signed[31] ?? 0) | 0x80;
    return [bytes, signed];
  });

  test("every encoding of every point of small order is taken for R and for the key", () => {
    for (const key of SMALL_ORDER) {
      for (const r of SMALL_ORDER) {
        const signature = new Uint8Array(64);
        signature.set(r);
        expect(isSigned(key, new TextEncoder().encode("Zcash"), signature)).toBe(true);
      }
    }
  });

  test("but no such key is one of a validator", () => {
    for (const key of [...SMALL_ORDER, fromHex(`02${"00".repeat(31)}`)]) {
      const encoded = Uint8Array.of(1, 0, 1, 0, ...key, 4, 192, 0, 2, 1, 37, 33);
      expect(refusal(() => decodeValidatorSet(encoded))).toBe("Key");
    }
    expect(refusal(() => decodeValidatorSet(Uint8Array.of(1, 0, 0, 0)))).toBe("Empty");
  });

  test("s beyond the group's order is refused", () => {
    const secret = new Uint8Array(32).fill(7);
    const message = Uint8Array.of(1, 2, 3);
    const key = ed25519.getPublicKey(secret);
    const signature = ed25519.sign(message, secret);
    expect(isSigned(key, message, signature)).toBe(true);
    let carry = 0;
    const order = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    for (let at = 0; at < 32; at++) {
      const sum = (signature[32 + at] ?? 0) + (order[at] ?? 0) + carry;
      signature[32 + at] = sum & 0xff;
      carry = sum >> 8;
    }
    expect(isSigned(key, message, signature)).toBe(false);
    expect(isSigned(key, message, new Uint8Array(63))).toBe(false);
  });
});

describe("the light client", () => {
  const changes = () => walk.changes.map((it) => decodeSetChange(fromHex(it)));
  const certificate = () => decodeCertificate(fromHex(walk.certificate));
  const after = (ahead = 0, minHeight = 0n, maxAgeMillis = 60_000) => ({
    minHeight,
    maxAgeMillis,
    nowMillis: Number(certificate().statement.timeMillis) + ahead,
  });

  test("walks from genesis to the newest answer", () => {
    const light = client();
    expect(refusal(() => light.certified(certificate(), after()))).toBe("EpochUnknown");
    light.follow(changes());
    light.follow(changes());
    expect(light.epoch).toBe(BigInt(walk.epoch));
    expect(light.checkpoint()).toEqual({ chainId: walk.chain_id, epoch: `${walk.epoch}`, sets: walk.sets });
    const statement = light.certified(certificate(), after());
    expect(statement.root).toEqual(rootOf(walk.answer.root));
    expect(verdict(walk.answer)).toBeNull();
    expect(LightClient.trusting(light.checkpoint()).certified(certificate(), after())).toEqual(statement);
    const { members } = decodeValidatorSet(fromHex(walk.sets[statement.epoch === light.epoch ? 0 : 1]));
    const signers = certificate().signatures.map(({ number }) => members[number]?.key);
    expect(light.signers(certificate())).toEqual(signers);
    expect(signers.length).toBeGreaterThan(1);
    expect(refusal(() => client().signers(certificate()))).toBe("EpochUnknown");
  });

  test("refuses what is stale, early, of another chain or of epochs that passed", () => {
    const light = client();
    light.follow(changes());
    const height = certificate().statement.height;
    const refused = (...freshness: Parameters<typeof after>) =>
      refusal(() => light.certified(certificate(), after(...freshness)));
    expect(refused(60_000, height)).toBeNull();
    expect(refused(60_001)).toBe("TooOld");
    expect(refused(0, height + 1n)).toBe("TooLow");
    const { epoch } = certificate().statement;
    const from = (minEpoch: bigint, minHeight: bigint) =>
      refusal(() => light.certified(certificate(), { ...after(0, minHeight), minEpoch }));
    expect([from(epoch, height), from(epoch, height + 1n)]).toEqual([null, "TooLow"]);
    expect([from(epoch - 1n, height + 1n), from(epoch + 1n, 0n)]).toEqual([null, "TooLow"]);
    expect(refused(-60_000)).toBeNull();
    expect(refused(-60_001)).toBe("Ahead");
    expect(refusal(() => light.follow(changes().slice(0, 1)))).toBeNull();
    expect(
      refusal(() =>
        changes()
          .slice(0, 1)
          .forEach((it) => light.advance(it)),
      ),
    ).toBe("EpochPassed");
    const other = LightClient.trusting({ ...light.checkpoint(), chainId: "other" });
    expect(refusal(() => other.certified(certificate(), after()))).toBe("OtherChain");
  });

  test("takes set changes in order, of last heights, with their proofs", () => {
    const [first, second] = changes();
    if (first === undefined || second === undefined) {
      throw new Error("the vectors have four changes");
    }
    const refused = (change: typeof first) => refusal(() => client().advance(change));
    expect(refused(first)).toBeNull();
    expect(refused(second)).toBe("EpochUnknown");
    expect(refused({ ...first, set: second.set })).toBe("Set");
    expect(refused({ ...first, salt: second.salt })).toBe("Set");
    expect(refused({ ...first, proof: second.proof })).toBe("Set");
    const early = vectors.certificates.find((it) => it.name === "all signed")?.certificate ?? "";
    expect(refused({ ...first, certificate: decodeCertificate(fromHex(early)) })).toBe("EpochGoesOn");
  });

  test("takes the certificate of a later height of the next epoch instead, but not of its last", () => {
    const late = decodeSetChange(fromHex(walk.first_change_by_a_later_height));
    const tooLate = decodeSetChange(fromHex(walk.first_set_by_a_height_too_late));
    expect(refusal(() => client().advance(tooLate))).toBe("EpochUnknown");
    const light = client();
    light.follow([late]);
    expect(light.epoch).toBe(1n);
    // It is passed over once it is known, and what follows is taken.
    light.follow([late, ...changes().slice(1)]);
    expect(light.checkpoint().sets).toEqual(walk.sets);
  });

  test("refuses checkpoints that are none", () => {
    const trusted = client().checkpoint();
    const refused = (changed: object) =>
      refusal(() => LightClient.trusting({ ...trusted, ...changed }) as unknown as undefined);
    expect(refused({ chainId: "a b" })).toBe("Configuration");
    expect(refused({ epoch: "-1" })).toBe("Configuration");
    expect(refused({ sets: [trusted.sets[0], "00"] })).toBe("Configuration");
  });

  test("set changes have one encoding", () => {
    const bytes = fromHex(walk.changes[0] ?? "");
    expect(refusal(() => decodeSetChange(Uint8Array.of(...bytes, 0)) as unknown as undefined)).toBe(
      "Trailing",
    );
    for (let length = 0; length < bytes.length; length += 3) {
      expect(refusal(() => decodeSetChange(bytes.slice(0, length)) as unknown as undefined)).not.toBeNull();
    }
  });
});

test("addresses have one spelling", () => {
  for (const address of [
    "192.0.2.1:1",
    "127.0.0.1:8485",
    "[2001:db8::1]:80",
    "[::1]:80",
    "[1:2:3:4:5:6:7:8]:1",
  ]) {
    expect(isNodeAddress(address), address).toBe(true);
  }
  for (const address of [
    ...[
      "",
      "localhost:1",
      "192.0.2.1",
      "192.0.2.1:0",
      "192.0.2.1:65536",
      "192.0.2.01:1",
      "0.0.0.0:1",
      "[::]:1",
    ],
    ...[
      "224.0.0.1:1",
      "[ff02::1]:1",
      "255.255.255.255:1",
      "[2001:0db8::1]:80",
      "[::ffff:c000:201]:1",
      "1.2.3:1",
    ],
  ]) {
    expect(isNodeAddress(address), address).toBe(false);
  }
});

test("the checkpoint of a genesis holds its validators in order", () => {
  const [first, second] = decodeValidatorSet(fromHex(vectors.set.encoded)).members;
  if (first === undefined || second === undefined) {
    throw new Error("the vectors have four validators");
  }
  const named = [second, first].map(({ key, address }) => ({ key: bytesToHex(key), address }));
  const checkpoint = genesisCheckpoint("idos", named);
  expect(LightClient.trusting(checkpoint).checkpoint()).toEqual(checkpoint);
  expect(decodeValidatorSet(fromHex(checkpoint.sets[1])).members).toEqual([first, second]);
  const whole = decodeValidatorSet(fromHex(vectors.set.encoded)).members;
  const all = whole.map(({ key, address }) => ({ key: bytesToHex(key), address }));
  expect(genesisCheckpoint("idos", all).sets[0]).toBe(vectors.set.encoded);
  const wrong = [{ key: bytesToHex(first.key), address: "somewhere" }];
  expect(refusal(() => void genesisCheckpoint("idos", wrong))).toBe("Configuration");
});
