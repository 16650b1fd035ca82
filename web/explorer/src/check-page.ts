import { api, type Network } from "./api.ts";
import { TEXTS } from "./texts.ts";
import { anchorOf, isRefuted, type Memory, Trust } from "./trust.ts";
import { Verdict } from "./verdict.ts";
import { type ShownGrant, type Verified, verifyBlock, verifyGrant } from "./verify.ts";

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
      const shown = { height, hash: shownText("fact-hash"), root: shownText("fact-root") };
      const verified = await verifyBlock(trust, shown, await api.block(height), false);
      const isComplete = verified?.isComplete === true;
      const says = [TEXTS.header, isComplete ? TEXTS.complete : TEXTS.incomplete];
      return verified && { verified, says };
    }
    default: {
      const verified = await verifyBlock(trust, undefined, await api.block(network.certified_height), true);
      return verified && { verified, says: [] };
    }
  }
}

function shownText(id: string): string {
  return document.getElementById(id)?.textContent?.trim() ?? "";
}

function shownGrant(): ShownGrant {
  return { id: shownText("fact-id"), grantee: shownText("fact-grantee"), dataId: shownText("fact-data") };
}
