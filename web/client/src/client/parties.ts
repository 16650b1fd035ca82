import { LightClientError } from "../light-client/light-client.ts";
import { PAGE_ROWS } from "../limits.ts";
import { NoAnswerError } from "../nodes/node-error.ts";
import type { Answer } from "./certified.ts";
import type { Paging } from "./questions.ts";
import type { Party } from "./records.ts";

/** Most pages that are asked for: without proofs a node could go on for ever. */
const PAGES = 10;
/** How often the list is begun anew because there was a block between two of its pages. */
const ATTEMPTS = 5;

/**
 * All parties: `ask` is `IdosClient.parties`. The pages have to be of one state: of two of different ones, somebody who
 * was in the list all the time may be on neither.
 */
export async function allParties(
  ask: (paging: Paging) => Promise<Answer<readonly Party[]>>,
): Promise<Answer<readonly Party[]>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const all = await ofOneState(ask);
    if (all !== undefined) {
      return all;
    }
  }
  const cause = new LightClientError("TooLow", "its pages are of different heights each time");
  throw new NoAnswerError([cause], "the list of parties cannot be read", "network");
}

/** Undefined if a page is of another state than the one before. */
async function ofOneState(
  ask: (paging: Paging) => Promise<Answer<readonly Party[]>>,
): Promise<Answer<readonly Party[]> | undefined> {
  const all: Party[] = [];
  let first: Answer<unknown>["proof"];
  for (let page = 1; page <= PAGES; page++) {
    const { value, proof } = await ask({ page, size: PAGE_ROWS });
    first = page === 1 ? proof : first;
    if (proof?.height !== first?.height) {
      return undefined;
    }
    all.push(...value);
    if (value.length < PAGE_ROWS) {
      break;
    }
  }
  return { value: all, proof: first };
}
