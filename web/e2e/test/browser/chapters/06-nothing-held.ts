import { describe, expect, test } from "vitest";
import type { Story } from "../../../src/story.ts";

export const nothingHeld = (story: () => Story) =>
  describe("what the pages hold", () => {
    test("dashboard and bank hold no plaintext and no key, and never did since they were loaded", async () => {
      const { dashboard, bank, witness } = story().first;
      for (const { page } of [dashboard, bank]) {
        // They did speak with the enclave, so there was something to see.
        expect((await witness.seen(page)).messages).toBeGreaterThan(0);
        expect(await witness.leaks(page, story().secrets)).toEqual([]);
      }
    });
  });
