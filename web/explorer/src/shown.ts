// What a page shows, as far as it is checked: read from the page itself, since that is what people read.
import type { ShownBlock, ShownGrant, ShownTransaction } from "./verify.ts";

const ROWS = '[aria-labelledby="transactions"] tbody tr';
const SIGNERS = '[aria-labelledby="signatures"] li';
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
    signed: text("fact-signed"),
    signers: [...document.querySelectorAll(SIGNERS)].map(textOf),
    time: { machine: time?.dateTime ?? "", text: textOf(time) },
    transactions: [...document.querySelectorAll(ROWS)].map(shownTransaction),
  };
}

/** What the page of a grant shows. */
export function shownGrant(): ShownGrant {
  return { id: text("fact-id"), grantee: text("fact-grantee"), dataId: text("fact-data") };
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
