// A network that began with one validator, who left it to four others.
import { ed25519 } from "@noble/curves/ed25519.js";
import { bigEndian, bytesToHex, concatBytes, fromHex, toBase64, utf8 } from "../../src/bytes/bytes.ts";
import { signedBytes } from "../../src/light-client/certificate.ts";
import { genesisCheckpoint } from "../../src/light-client/genesis.ts";
import type { Checkpoint } from "../../src/light-client/light-client.ts";
import { decodeValidatorSet, validatorSetLeaf } from "../../src/light-client/validator-set.ts";
import { leafRoot, type Root } from "../../src/tree/root.ts";

export const CHAIN = "idos-grown";
const FIRST = [1];
const LATER = [2, 3, 4, 5];
const SALT = new Uint8Array(32);
/** Of the one leaf of a state. */
const PROOF = Uint8Array.of(2, 0, 0, 0, 0, 0);
const NO_ROOT: Root = { hash: new Uint8Array(32), count: 1n };

const seed = (number: number) => new Uint8Array(32).fill(number);
const validators = (epoch: number) => (epoch < 2 ? FIRST : LATER);

function setOf(numbers: readonly number[]): Uint8Array {
  const member = (number: number) => ({
    key: bytesToHex(ed25519.getPublicKey(seed(number))),
    address: "192.0.2.1:8485",
  });
  return fromHex(genesisCheckpoint(CHAIN, numbers.map(member)).sets[0]);
}

function certificate(epoch: number, height: number, endsEpoch = false, root = NO_ROOT): Uint8Array {
  const chain = utf8(CHAIN);
  const statement = concatBytes(
    Uint8Array.of(1, chain.length),
    chain,
    bigEndian(epoch, 8),
    bigEndian(height, 8),
    Uint8Array.of(endsEpoch ? 1 : 0),
    new Uint8Array(32),
    root.hash,
    bigEndian(root.count, 8),
    bigEndian(Date.now(), 8),
  );
  const { members } = decodeValidatorSet(setOf(validators(epoch)));
  const signatures = members.map(({ key }) => {
    const number = validators(epoch).find(
      (it) => bytesToHex(ed25519.getPublicKey(seed(it))) === bytesToHex(key),
    );
    return ed25519.sign(signedBytes(statement), seed(number ?? 0));
  });
  const everybody = Uint8Array.of(2 ** members.length - 1);
  return concatBytes(statement, bigEndian(members.length, 2), everybody, ...signatures);
}

/** What all validators of an epoch certify: a state in which nothing that is asked for can be found. */
export const answerOf = (epoch: number, height: number) => ({
  height,
  certificate: toBase64(certificate(epoch, height)),
  claims: [],
});

/** What leads to epoch 3, and what ends it, after which there is no block yet. */
export const CHANGES: readonly string[] = [0, 1, 2, 3].map((epoch) => {
  const set = setOf(validators(epoch + 2));
  const root = leafRoot(validatorSetLeaf(decodeValidatorSet(set), BigInt(epoch + 2), SALT));
  return toBase64(concatBytes(certificate(epoch, 10 * epoch + 9, true, root), set, SALT, PROOF));
});

/** What a client knows that came as far as epoch 2. */
export const LATER_CHECKPOINT: Checkpoint = {
  chainId: CHAIN,
  epoch: "2",
  sets: [bytesToHex(setOf(LATER)), bytesToHex(setOf(LATER))],
};

/** The genesis. */
export const GENESIS: Checkpoint = {
  chainId: CHAIN,
  epoch: "0",
  sets: [bytesToHex(setOf(FIRST)), bytesToHex(setOf(FIRST))],
};
