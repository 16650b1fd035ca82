import type { Answer, Party } from "idos-client";

/** Parties that are asked for at once. */
export const PAGE = 200;
/** Most pages that are asked for: without proofs a node could go on for ever. */
export const PAGES = 50;

/** All parties, page by page. The oldest proof stands for them, or none if one page has none. */
export async function allParties(
  ask: (paging: { readonly page: number; readonly size: number }) => Promise<Answer<readonly Party[]>>,
): Promise<Answer<readonly Party[]>> {
  const parties: Party[] = [];
  const proofs: Answer<unknown>["proof"][] = [];
  for (let page = 1; page <= PAGES; page++) {
    const { value, proof } = await ask({ page, size: PAGE });
    parties.push(...value);
    proofs.push(proof);
    if (value.length < PAGE) {
      break;
    }
  }
  const proof = proofs.reduce((oldest, it) =>
    oldest === undefined || it === undefined ? undefined : it.height < oldest.height ? it : oldest,
  );
  return { value: parties, proof };
}
