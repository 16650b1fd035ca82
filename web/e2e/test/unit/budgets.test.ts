import { expect, test } from "vitest";
import { type PageSize, pageSize } from "../../src/sizes.ts";

/** The most that pages may cost, in kilobytes as they are sent. Raise one only with a reason. */
const BUDGETS: Readonly<Record<string, PageSize>> = {
  // React, router, queries, the client; every screen, of which a visit loads some.
  dashboard: { script: 220, style: 5, total: 225 },
  // The cryptography, and what checks credentials. No framework.
  enclave: { script: 102, style: 4, total: 106 },
  // Rendered by the node: the script checks proofs and draws.
  explorer: { script: 30, style: 5, total: 35 },
  // React, the client with its light client, and the page. Of the wallets for development also the curve that the
  // client loads apart: a file of its own compresses less. That no node alone stops a write or a sign-in took it over 126.
  demo: { script: 126.5, style: 4, total: 132 },
};

test.each(Object.entries(BUDGETS))("%s keeps its size budget", (name, budget) => {
  const size = pageSize(name);
  expect(size.script).toBeGreaterThan(0);
  for (const part of ["script", "style", "total"] as const) {
    expect(size[part] / 1000, part).toBeLessThanOrEqual(budget[part]);
  }
});
