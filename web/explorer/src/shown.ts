// What a page shows, as far as it is checked: read from the page itself, since that is what people read.
import { count } from "./spelling.ts";
import type { ShownBlock, ShownGrant, ShownTransaction } from "./verify.ts";

const ROWS = '[aria-labelledby="transactions"] tbody tr';
const SIGNATURES = '[aria-labelledby="signatures"]';
const SIGNERS = `${SIGNATURES} li`;
const TRANSACTION = "/explorer/transactions/";

/** What the page of a block shows. */
export function shownBlock(height: number): ShownBlock {
  const time = document.querySelector<HTMLTimeElement>("#fact-time time");
  return {
    height,
    title: textOf(document.querySelector("h1")),
    epoch: text("fact-epoch"),
    hash: text("fact-hash"),
    parent: text("fact-parent"),
    proposer: text("fact-proposer"),
    root: text("fact-root"),
    leaves: text("fact-leaves"),
    certificate: document.querySelector<HTMLElement>(SIGNATURES)?.dataset["certificate"] ?? "",
    signed: text("fact-signed"),
    signers: [...document.querySelectorAll(SIGNERS)].map(textOf),
    time: { machine: time?.dateTime ?? "", text: textOf(time) },
    transactions: [...document.querySelectorAll(ROWS)].map(shownTransaction),
  };
}

/** What the page of a grant shows. */
export function shownGrant(): ShownGrant {
  // A grantee may begin or end with spaces.
  const grantee = document.getElementById("fact-grantee")?.textContent ?? "";
  return { id: text("fact-id"), grantee, dataId: text("fact-data") };
}

/** The height that the overview calls certified; undefined if it is spelled like none. */
export function shownCertified(): number | undefined {
  const shown = text("certified");
  const height = Number(shown.replaceAll(",", ""));
  return shown !== "" && count(height) === shown ? height : undefined;
}

/** The fingerprint that people compare. */
export function shownFingerprint(): string {
  return text("fact-fingerprint");
}

function shownTransaction(row: Element): ShownTransaction {
  const link = row.querySelector("a");
  const path = link?.getAttribute("href") ?? "";
  const hash = path.startsWith(TRANSACTION) ? path.slice(TRANSACTION.length) : "";
  return { hash, text: textOf(link) };
}

function text(id: string): string {
  return textOf(document.getElementById(id));
}

function textOf(element: Element | null): string {
  return element?.textContent?.trim() ?? "";
}
