import { describe, test } from "vitest";
import type { Story } from "../../../src/story.ts";

export const nodeKilled = (story: () => Story) =>
  describe("a node is killed", () => {
    test("the dashboard goes on with the others, and still believes proofs only", async () => {
      const { dashboard } = story().first;
      // The first one: the one that every page asks first.
      story().devnet.kill(0);
      await dashboard.page.reload();
      await dashboard.goTo("My data");
      await dashboard.says("Proof of identity");
      await dashboard.says(/Proved at block \d+/);
    });
  });
