import { sha256 } from "@noble/hashes/sha2.js";
import {
  bytesToHex,
  decodeCertificate,
  decodeProof,
  digestOfParts,
  equalBytes,
  fromHex,
  keyIn,
  LISTS,
  type RootCertificate,
  type RootStatement,
  uuidBytes,
  verifyClaim,
} from "idos-client/light-client";
import { inert } from "idos-kit/names";
import type { Block, GrantProof } from "./api.ts";
import { count, ofValidators, type SpelledTime, shortened, spelledTime } from "./spelling.ts";
import { TEXTS } from "./texts.ts";
import type { Certified, Trust } from "./trust.ts";

/** How long ago the newest state may be: an idle network makes a block a minute. */
const FRESH_MILLIS = 10 * 60_000;
/** Transactions of a block that its page shows: `SHOWN` in `crates/explorer/src/page/block.rs`. */
export const SHOWN_TRANSACTIONS = 200;
/** Where parts of a header begin: `Header::encode` in `crates/consensus/src/block.rs`. */
const HEADER_PARENT_AT = 10;
const HEADER_PROPOSER_AT = 66;
const HEADER_ITEMS_AT = 106;
const HEADER_BYTES = 138;

/** What the page says is not what was checked: the node is at fault. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly fault = "node";
}

/** What was found true. */
export interface Verified {
  readonly signers: number;
  readonly validators: number;
  readonly height: bigint;
  readonly timeMillis: number;
  /** Whether the list of transactions is the one that the header commits to; undefined for a grant. */
  readonly isComplete?: boolean;
}

/** What a page shows of a block. */
export interface ShownBlock {
  readonly height: number;
  /** What people read of the height. */
  readonly title: string;
  readonly epoch: string;
  readonly hash: string;
  /** Empty, as the proposer is, of the block that has none. */
  readonly parent: string;
  readonly proposer: string;
  readonly root: string;
  readonly leaves: string;
  readonly time: SpelledTime;
  /** What proves it, as hexadecimal digits. Empty, as the signers are, if the node had none when it made the page. */
  readonly certificate: string;
  /** How many signed. */
  readonly signed: string;
  /** Who signed. */
  readonly signers: readonly string[];
  /** The first of them. */
  readonly transactions: readonly ShownTransaction[];
}

/** What a page shows of a transaction in its block. */
export interface ShownTransaction {
  readonly hash: string;
  /** What people read of it. */
  readonly text: string;
}

/** Checks that validators signed the state of the block that a page shows, by the certificate in the page. */
export async function verifyBlock(
  trust: Trust,
  shown: ShownBlock,
  block: Block,
): Promise<Verified | undefined> {
  if (shown.certificate === "") {
    // Signatures that nothing is there for are made up; without any the page claims nothing.
    if (shown.signed !== "" || shown.signers.length > 0) {
      throw new PageError(TEXTS.otherPage);
    }
    return undefined;
  }
  const { certificate, header, statement, signers } = await signedBlock(
    trust,
    shown.certificate,
    block,
    Number.POSITIVE_INFINITY,
  );
  if (!showsHeader(shown, header, statement) || !showsSigners(shown, certificate, signers)) {
    throw new PageError(TEXTS.otherPage);
  }
  const hashes = block.transactions.map(({ hash }) => fromHex(hash, 32));
  const items = digestOfParts("idos/block-items/v1", hashes);
  const isComplete = equalBytes(items, header.slice(HEADER_ITEMS_AT));
  // A list that is only the node's word may have had more, or less, when the page was made.
  if (isComplete && !showsTransactions(shown, block)) {
    throw new PageError(TEXTS.otherPage);
  }
  return { ...found(certificate, statement), isComplete };
}

/** Checks that validators signed the state of the height that a page calls certified, lately. */
export async function verifyNewest(
  trust: Trust,
  height: number,
  block: Block,
): Promise<Verified | undefined> {
  if (block.certificate === null) {
    return undefined;
  }
  const { certificate, statement } = await signedBlock(trust, block.certificate.bytes, block, FRESH_MILLIS);
  if (statement.height !== BigInt(height)) {
    throw new PageError(TEXTS.otherPage);
  }
  return found(certificate, statement);
}

interface Signed extends Certified {
  readonly certificate: RootCertificate;
  readonly header: Uint8Array;
}

/** Checks that a certificate holds, and that it is about a block as the node answers it. */
async function signedBlock(trust: Trust, bytes: string, block: Block, maxAgeMillis: number): Promise<Signed> {
  const certificate = decodeCertificate(fromHex(bytes));
  const certified = await trust.certified(certificate, maxAgeMillis);
  const { statement } = certified;
  const header = fromHex(block.header, HEADER_BYTES);
  const says =
    statement.height === BigInt(block.height) &&
    statement.timeMillis === BigInt(block.time) &&
    bytesToHex(statement.root.hash) === block.root &&
    statement.root.count === BigInt(block.leaves) &&
    bytesToHex(statement.header) === block.hash &&
    equalBytes(sha256(header), statement.header);
  if (!says) {
    throw new PageError(TEXTS.otherPage);
  }
  return { ...certified, certificate, header };
}

function showsHeader(shown: ShownBlock, header: Uint8Array, statement: RootStatement): boolean {
  const { machine, text } = spelledTime(Number(statement.timeMillis));
  const isFirst = statement.height === 0n;
  const part = (at: number) => (isFirst ? "" : bytesToHex(header.slice(at, at + 32)));
  return (
    BigInt(shown.height) === statement.height &&
    shown.title === `Block ${count(statement.height)}` &&
    shown.epoch === count(statement.epoch) &&
    shown.hash === bytesToHex(statement.header) &&
    shown.parent === part(HEADER_PARENT_AT) &&
    shown.proposer === part(HEADER_PROPOSER_AT) &&
    shown.root === bytesToHex(statement.root.hash) &&
    shown.leaves === count(statement.root.count) &&
    shown.time.machine === machine &&
    shown.time.text === text
  );
}

function showsSigners(
  shown: ShownBlock,
  { validators }: RootCertificate,
  signers: readonly string[],
): boolean {
  return (
    shown.signed === ofValidators(signers.length, validators) &&
    shown.signers.length === signers.length &&
    signers.every((key, at) => shown.signers[at] === key)
  );
}

function showsTransactions({ transactions }: ShownBlock, block: Block): boolean {
  const first = block.transactions.slice(0, SHOWN_TRANSACTIONS);
  return (
    transactions.length === first.length &&
    first.every(({ hash }, at) => {
      const shown = transactions[at];
      return shown?.hash === hash && shown.text === shortened(hash);
    })
  );
}

/** What a page shows of a grant. */
export interface ShownGrant {
  readonly id: string;
  /** With what is not seen written out, and with spaces at its ends: whoever grants something writes what they like. */
  readonly grantee: string;
  readonly dataId: string;
}

/** Checks that the certified state has the grant that the page shows. */
export async function verifyGrant(trust: Trust, shown: ShownGrant, proof: GrantProof): Promise<Verified> {
  if (proof.id !== shown.id || inert(proof.grantee) !== shown.grantee || proof.data_id !== shown.dataId) {
    throw new PageError(TEXTS.otherPage);
  }
  const certificate = decodeCertificate(fromHex(proof.certificate));
  const { statement } = await trust.certified(certificate, FRESH_MILLIS);
  const rowKey = uuidBytes(shown.id);
  verifyClaim(decodeProof(fromHex(proof.grantee_proof)), statement.root, {
    kind: "leaf",
    leaf: { key: keyIn(LISTS.grantsTo(proof.grantee), rowKey), value: fromHex(proof.leaf, 32) },
  });
  verifyClaim(decodeProof(fromHex(proof.data_proof)), statement.root, {
    kind: "leaf",
    leaf: { key: keyIn(LISTS.grantsOn(shown.dataId), rowKey), value: fromHex(proof.entry, 32) },
  });
  return found(certificate, statement);
}

function found(certificate: RootCertificate, { height, timeMillis }: RootStatement): Verified {
  return {
    signers: certificate.signatures.length,
    validators: certificate.validators,
    height,
    timeMillis: Number(timeMillis),
  };
}
