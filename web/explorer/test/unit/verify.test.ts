// @vitest-environment happy-dom
// A block as its page shows it, against what validators signed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import {
  bytesToHex,
  decodeCertificate,
  digestOfParts,
  fromHex,
  type RootStatement,
} from "idos-client/light-client";
import { inert } from "idos-kit/names";
import { beforeEach, expect, test } from "vitest";
import { littleEndian } from "../../../client/src/bytes/bytes.ts";
import type { Block, GrantProof } from "../../src/api.ts";
import { shownBlock, shownCertified, shownGrant } from "../../src/shown.ts";
import { count, ofValidators, shortened, spelledTime } from "../../src/spelling.ts";
import { isRefuted, type Trust } from "../../src/trust.ts";
import { SHOWN_TRANSACTIONS, verifyBlock, verifyGrant, verifyNewest } from "../../src/verify.ts";

const CERTIFICATES = join(import.meta.dirname, "../../../../fixtures/proof/certificates.json");
const [{ certificate }] = JSON.parse(readFileSync(CERTIFICATES, "utf8")).certificates;
const HEIGHT = 1_234;
const EPOCH = 5_678;
const LEAVES = 1_000_000;
const TIME = Date.UTC(2026, 2, 10, 15, 0, 1, 234);
const ROOT = "22".repeat(32);
const PARENT = "33".repeat(32);
const PROPOSER = "44".repeat(32);
const OTHER = "55".repeat(32);
const SIGNERS = Array.from({ length: decodeCertificate(fromHex(certificate)).signatures.length }, (_, at) =>
  bytesToHex(sha256(Uint8Array.of(at))),
);

/** Hashes of so many transactions. */
const hashes = (count: number) =>
  Array.from({ length: count }, (_, at) => bytesToHex(sha256(Uint8Array.of(at >> 8, at & 255))));

/** The parts of a header in order, by their lengths in bytes. */
const headerOf = (items: Uint8Array, height: number) =>
  Uint8Array.from([
    ...[1, 0],
    ...littleEndian(height, 8),
    ...fromHex(PARENT),
    ...littleEndian(TIME, 8),
    ...littleEndian(EPOCH, 8),
    ...littleEndian(9, 8),
    ...fromHex(PROPOSER),
    ...littleEndian(8, 8),
    ...items,
  ]);

/** A block whose header commits to these transactions, as the node answers, and a light client that believes it. */
function certified(transactions: readonly string[], height = HEIGHT): { block: Block; trust: Trust } {
  const items = transactions.map((hash) => fromHex(hash, 32));
  const header = headerOf(digestOfParts("idos/block-items/v1", items), height);
  const statement: RootStatement = {
    chainId: "unit",
    epoch: BigInt(EPOCH),
    height: BigInt(height),
    endsEpoch: false,
    header: sha256(header),
    root: { hash: fromHex(ROOT, 32), count: BigInt(LEAVES) },
    timeMillis: BigInt(TIME),
  };
  const block = {
    height,
    hash: bytesToHex(statement.header),
    header: bytesToHex(header),
    time: TIME,
    root: ROOT,
    leaves: LEAVES,
    transactions: transactions.map((hash) => ({ hash })),
    certificate: { bytes: certificate },
  };
  const trust = { certified: async () => ({ statement, signers: SIGNERS }) } as unknown as Trust;
  return { block, trust };
}

/** The page of a block, as far as it is checked. */
function show(block: Block, transactions: readonly string[]): void {
  const { machine, text } = spelledTime(block.time);
  const { validators } = decodeCertificate(fromHex(certificate));
  const row = (hash: string) =>
    `<tr><td><a href="/explorer/transactions/${hash}"><code title="${hash}">${shortened(hash)}</code></a></td>
      <td><code>share</code></td></tr>`;
  const before = `<dt>Block before</dt><dd id="fact-parent"><a><code>${PARENT}</code></a></dd>
      <dt>Proposed by</dt><dd id="fact-proposer"><code>${PROPOSER}</code></dd>`;
  document.body.innerHTML = `
    <h1>Block ${count(block.height)}</h1>
    <dl><dt>Time</dt><dd id="fact-time"><time datetime="${machine}">${text}</time></dd>
      <dt>Epoch</dt><dd id="fact-epoch">${count(EPOCH)}</dd>
      <dt>Hash</dt><dd id="fact-hash"><code>${block.hash}</code></dd>
      ${block.height === 0 ? "" : before}
      <dt>Root of the state</dt><dd id="fact-root"><code>${block.root}</code></dd>
      <dt>Entries of the state</dt><dd id="fact-leaves">${count(LEAVES)}</dd></dl>
    <section aria-labelledby="signatures" data-certificate="${certificate}"><h2 id="signatures">Certificate</h2>
      <p><span id="fact-signed">${ofValidators(SIGNERS.length, validators)}</span> signed</p>
      <ul>${SIGNERS.map((key) => `<li><code>${key}</code></li>`).join("")}</ul></section>
    <section aria-labelledby="transactions"><h2 id="transactions">Transactions</h2>
      <table><tbody>${transactions.map(row).join("")}</tbody></table></section>`;
}

/** Puts another text in the place of one. */
const instead = (selector: string, text: string) => () =>
  document.querySelector(selector)?.replaceChildren(text);

beforeEach(() => {
  document.body.replaceChildren();
});

test("times and digests are spelled as the pages do", () => {
  expect(spelledTime(TIME)).toEqual({ machine: "2026-03-10T15:00:01Z", text: "2026-03-10 15:00:01 UTC" });
  expect([ofValidators(1, 1), ofValidators(3, 4)]).toEqual(["1 of 1 validator", "3 of 4 validators"]);
  expect(shortened(`01234567${"0".repeat(50)}abcdef`)).toBe("01234567…abcdef");
});

test.each([0, 3, SHOWN_TRANSACTIONS + 1])(
  "a page with a block of %s transactions is verified",
  async (count) => {
    const { block, trust } = certified(hashes(count));
    show(block, hashes(count).slice(0, SHOWN_TRANSACTIONS));
    expect(await verifyBlock(trust, shownBlock(HEIGHT), block)).toMatchObject({ isComplete: true });
  },
);

test("a first block has none before it, and nobody proposed it", async () => {
  const { block, trust } = certified([], 0);
  show(block, []);
  expect(await verifyBlock(trust, shownBlock(0), block)).toMatchObject({ height: 0n });
});

test.each<[string, () => void]>([
  ["another height", instead("h1", "Block 1,235")],
  ["another epoch", instead("#fact-epoch", "5,679")],
  ["another hash", instead("#fact-hash code", OTHER)],
  ["another block before", instead("#fact-parent code", OTHER)],
  ["no block before", () => document.querySelector("#fact-parent")?.remove()],
  ["another proposer", instead("#fact-proposer code", OTHER)],
  ["no proposer", () => document.querySelector("#fact-proposer")?.remove()],
  ["more entries", instead("#fact-leaves", "1,000,001")],
  ["more signers counted", instead("#fact-signed", ofValidators(SIGNERS.length + 1, SIGNERS.length + 1))],
  ["another signer", instead("li code", OTHER)],
  ["a signer less", () => document.querySelector("li")?.remove()],
  [
    "a signer more",
    () => document.querySelector("ul")?.append(document.querySelector("li")?.cloneNode(true) ?? ""),
  ],
  [
    "the time for machines",
    () => document.querySelector("time")?.setAttribute("datetime", "2026-03-10T15:00:02Z"),
  ],
  ["the time for people", () => document.querySelector("time")?.replaceChildren("2026-03-10 15:00:02 UTC")],
  ["no time", () => document.querySelector("time")?.remove()],
  ["another root", () => document.querySelector("#fact-root code")?.replaceChildren("33".repeat(32))],
  ["a row less", () => document.querySelector("tbody tr")?.remove()],
  [
    "a row twice",
    () => document.querySelector("tbody")?.append(document.querySelector("tbody tr")?.cloneNode(true) ?? ""),
  ],
  [
    "rows in another order",
    () => document.querySelector("tbody")?.append(document.querySelector("tbody tr") ?? ""),
  ],
  [
    "another link",
    () => document.querySelector("tbody a")?.setAttribute("href", `/explorer/transactions/${ROOT}`),
  ],
  ["another text of a link", () => document.querySelector("tbody a")?.replaceChildren(shortened(ROOT))],
])("a page with %s is refuted", async (_, change) => {
  const { block, trust } = certified(hashes(3));
  show(block, hashes(3));
  change();
  const error = await verifyBlock(trust, shownBlock(HEIGHT), block).catch((it: unknown) => it);
  expect(isRefuted(error)).toBe(true);
});

test("a page that was made before its certificate is not verified, and no lie", async () => {
  const { block, trust } = certified(hashes(3));
  show(block, hashes(3));
  const signatures = document.querySelector("#signatures")?.parentElement;
  signatures?.removeAttribute("data-certificate");
  signatures?.querySelector("p")?.remove();
  signatures?.querySelector("ul")?.remove();
  expect(await verifyBlock(trust, shownBlock(HEIGHT), block)).toBeUndefined();
});

test("signers for whom the page has no certificate are made up", async () => {
  const { block, trust } = certified(hashes(3));
  for (const selector of ["p", "ul"]) {
    show(block, hashes(3));
    const signatures = document.querySelector("#signatures")?.parentElement;
    signatures?.removeAttribute("data-certificate");
    signatures?.querySelector(selector)?.remove();
    const error = await verifyBlock(trust, shownBlock(HEIGHT), block).catch((it: unknown) => it);
    expect(isRefuted(error), selector).toBe(true);
  }
});

test("a page is checked by its own certificate: another node may have another one", async () => {
  const { block, trust } = certified(hashes(3));
  show(block, hashes(3));
  for (const other of [null, { bytes: "00" }]) {
    const answered = { ...block, certificate: other };
    expect(await verifyBlock(trust, shownBlock(HEIGHT), answered)).toMatchObject({ isComplete: true });
  }
});

test("the height that the overview calls certified is the one that was signed", async () => {
  const { block, trust } = certified([], 5);
  expect(await verifyNewest(trust, 5, block)).toMatchObject({ height: 5n });
  const error = await verifyNewest(trust, 7, block).catch((it: unknown) => it);
  expect(isRefuted(error)).toBe(true);
  expect(await verifyNewest(trust, 5, { ...block, certificate: null })).toBeUndefined();
});

test("the height that the overview calls certified is read as people read it", () => {
  for (const [shown, height] of [
    ["7", 7],
    ["1,234,567", 1_234_567],
    ["1234", undefined],
    ["seven", undefined],
    ["", undefined],
  ] as const) {
    document.body.innerHTML = `<p id="certified">${shown}</p>`;
    expect(shownCertified(), shown).toBe(height);
  }
  document.body.replaceChildren();
  expect(shownCertified()).toBeUndefined();
});

test("a list that the header does not commit to is only the node's word, whatever the page has of it", async () => {
  const { block, trust } = certified(hashes(3));
  const some = { ...block, transactions: block.transactions.slice(1) };
  for (const shown of [hashes(3), hashes(3).slice(1)]) {
    show(block, shown);
    expect(await verifyBlock(trust, shownBlock(HEIGHT), some)).toMatchObject({ isComplete: false });
  }
});

test("a grantee is compared as the page shows it: with what is not seen written out", async () => {
  const ids = { id: crypto.randomUUID(), data_id: crypto.randomUUID() };
  const proof = { ...ids, grantee: "0xab\u202e", certificate } as GrantProof;
  const reached = new Error("the page shows it");
  const trust = { certified: () => Promise.reject(reached) } as unknown as Trust;
  const found = (grantee: string) =>
    verifyGrant(trust, { id: ids.id, dataId: ids.data_id, grantee }, proof).catch((it: unknown) => it);
  expect(await found("0xab\\u{202e}")).toBe(reached);
  for (const other of ["0xab", "0xab\u202e", "0xac\\u{202e}"]) {
    expect(isRefuted(await found(other)), other).toBe(true);
  }
});

test("a grantee that begins or ends with a space is compared with it", async () => {
  const ids = { id: crypto.randomUUID(), data_id: crypto.randomUUID() };
  const reached = new Error("the page shows it");
  const trust = { certified: () => Promise.reject(reached) } as unknown as Trust;
  for (const grantee of [" x", "x ", "\u00a0x"]) {
    const link = document.createElement("a");
    link.id = "fact-grantee";
    link.textContent = inert(grantee);
    document.body.innerHTML = `<dd id="fact-id">${ids.id}</dd><dd id="fact-data">${ids.data_id}</dd>`;
    document.body.append(link);
    const proof = { ...ids, grantee, certificate } as GrantProof;
    const found = await verifyGrant(trust, shownGrant(), proof).catch((it: unknown) => it);
    expect(found, JSON.stringify(grantee)).toBe(reached);
    const other = await verifyGrant(trust, shownGrant(), { ...proof, grantee: "x" }).catch(
      (it: unknown) => it,
    );
    expect(isRefuted(other)).toBe(true);
  }
});
