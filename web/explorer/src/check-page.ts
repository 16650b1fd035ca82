import { api, type Block } from "./api.ts";
import { fingerprint } from "./fingerprint.ts";
import { shownBlock, shownCertified, shownFingerprint, shownGrant } from "./shown.ts";
import { count } from "./spelling.ts";
import { TEXTS } from "./texts.ts";
import { anchorOf, isRefuted, type Memory, namedCheckpoint, Trust } from "./trust.ts";
import { Verdict } from "./verdict.ts";
import {
  PageError,
  SHOWN_TRANSACTIONS,
  type Verified,
  verifyBlock,
  verifyGrant,
  verifyNewest,
} from "./verify.ts";

/** How often the page was checked: what an earlier run finds later says nothing any more. */
let runs = 0;

/** Checks what a page shows, and says so in it, unless it is checked anew meanwhile. */
export async function checkPage(section: HTMLElement, memory: Memory): Promise<void> {
  runs += 1;
  const run = runs;
  const verdict = new Verdict(section);
  verdict.checking();
  const say = await outcome(section, memory);
  if (run === runs) {
    say(verdict);
  }
}

/** What there is to say. */
async function outcome(section: HTMLElement, memory: Memory): Promise<(verdict: Verdict) => void> {
  // Read before anything is awaited: news change it.
  const certified = shownCertified();
  try {
    const { chain_id: chainId, checkpoint } = await api.network();
    const anchor = anchorOf(memory, chainId, checkpoint);
    if (section.dataset["verify"] === "anchor") {
      if (shownFingerprint() !== fingerprint(namedCheckpoint(chainId, checkpoint))) {
        throw new PageError(TEXTS.otherFingerprint);
      }
      return (verdict) => verdict.starts(anchor);
    }
    const found = await check(section, new Trust(anchor, memory, api.setChanges), certified);
    return (verdict) =>
      typeof found === "string"
        ? verdict.unverified(found)
        : verdict.verified(found.verified, found.says, anchor);
  } catch (error) {
    const why = error instanceof Error ? error.message : TEXTS.unreachable;
    return (verdict) => (isRefuted(error) ? verdict.refuted(why) : verdict.unverified(why));
  }
}

interface Found {
  readonly verified: Verified;
  readonly says: readonly string[];
}

/** What was found, or why nothing was. */
async function check(
  section: HTMLElement,
  trust: Trust,
  certified: number | undefined,
): Promise<Found | string> {
  switch (section.dataset["verify"]) {
    case "grant": {
      const shown = shownGrant();
      const verified = await verifyGrant(trust, shown, await api.grantProof(shown.id));
      return { verified, says: [TEXTS.grant] };
    }
    case "block": {
      const height = Number(section.dataset["height"]);
      const block = await api.block(height);
      const verified = await verifyBlock(trust, shownBlock(height), block);
      return verified === undefined
        ? TEXTS.pageWithoutCertificate
        : { verified, says: [TEXTS.header, list(verified, block)] };
    }
    default: {
      if (certified === undefined) {
        throw new PageError(TEXTS.otherPage);
      }
      const verified = await verifyNewest(trust, certified, await api.block(certified));
      return verified === undefined ? TEXTS.noCertificate : { verified, says: [] };
    }
  }
}

/** What the list of transactions is. */
function list({ isComplete }: Verified, { transactions: { length } }: Block): string {
  if (isComplete !== true) {
    return TEXTS.incomplete;
  }
  return length > SHOWN_TRANSACTIONS ? TEXTS.first(SHOWN_TRANSACTIONS, count(length)) : TEXTS.complete;
}
