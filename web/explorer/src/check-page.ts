import { api, type Block, type Network } from "./api.ts";
import { shownBlock, shownGrant } from "./shown.ts";
import { count } from "./spelling.ts";
import { TEXTS } from "./texts.ts";
import { anchorOf, isRefuted, type Memory, Trust } from "./trust.ts";
import { Verdict } from "./verdict.ts";
import { SHOWN_TRANSACTIONS, type Verified, verifyBlock, verifyGrant } from "./verify.ts";

/** Checks what a page shows, and says so in it. */
export async function checkPage(section: HTMLElement, memory: Memory): Promise<void> {
  const verdict = new Verdict(section);
  verdict.checking();
  try {
    const network = await api.network();
    const anchor = anchorOf(memory, network.chain_id, network.checkpoint);
    const trust = new Trust(anchor, memory, api.setChanges);
    const found = await check(section, trust, network);
    if (found === undefined) {
      verdict.unverified(TEXTS.noCertificate);
    } else {
      verdict.verified(found.verified, found.says, anchor);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : TEXTS.unreachable;
    if (isRefuted(error)) {
      verdict.refuted(why);
    } else {
      verdict.unverified(why);
    }
  }
}

interface Found {
  readonly verified: Verified;
  readonly says: readonly string[];
}

async function check(section: HTMLElement, trust: Trust, network: Network): Promise<Found | undefined> {
  switch (section.dataset["verify"]) {
    case "grant": {
      const shown = shownGrant();
      const verified = await verifyGrant(trust, shown, await api.grantProof(shown.id));
      return { verified, says: [TEXTS.grant] };
    }
    case "block": {
      const height = Number(section.dataset["height"]);
      const block = await api.block(height);
      const verified = await verifyBlock(trust, shownBlock(height), block, false);
      return verified && { verified, says: [TEXTS.header, list(verified, block)] };
    }
    default: {
      const verified = await verifyBlock(trust, undefined, await api.block(network.certified_height), true);
      return verified && { verified, says: [] };
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
