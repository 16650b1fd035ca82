import { describe, expect, test } from "vitest";
import { type Story, SUBJECT } from "../../../src/story.ts";

export const issuance = (story: () => Story) =>
  describe("issuance", () => {
    test("an issuer adds a credential by the right that the wallet signed for", async () => {
      const { dashboard } = story().first;
      await dashboard.requestCredential(SUBJECT);
      await dashboard.says("Proof of identity");

      const { value: credentials, proof } = await (await story().person()).credentials();
      expect(credentials.map(({ publicNotes }) => JSON.parse(publicNotes))).toEqual([
        expect.objectContaining({ type: "kyc", status: "approved" }),
      ]);
      expect(proof?.height).toBeGreaterThan(0);
    });
  });
