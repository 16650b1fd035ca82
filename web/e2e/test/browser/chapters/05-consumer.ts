import { WALLET_NAME } from "idos-testing/wallet";
import { describe, expect, test } from "vitest";
import type { Story } from "../../../src/story.ts";

export const consumer = (story: () => Story) =>
  describe("the consumer reads", () => {
    test("the bank's server opened the copy, and every check passed", async () => {
      const checks = await story().first.bank.checks();
      expect(checks.length).toBeGreaterThanOrEqual(3);
      expect(checks.filter(({ passed }) => !passed)).toEqual([]);
      expect(checks.map(({ text }) => text).join()).toMatch(/18/);
    });

    test("who comes again is known, and not asked again", async () => {
      const { bank } = story().first;
      await bank.page.goto(story().devnet.places.demo);
      await bank.openAccount(WALLET_NAME);
      await bank.isAt("You are already a customer");
      expect(await story().grantsToBank()).toHaveLength(1);
    });

    test("a copy that is not the bank's is refused", async () => {
      const { value: profile } = await (await story().person()).profile();
      const answer = await fetch(`${story().devnet.places.demo}/api/applications`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ copyId: crypto.randomUUID(), owner: profile?.id }),
      });
      const said = (await answer.json()) as { readonly approved?: boolean };
      expect(said.approved ?? false).toBe(false);
    });
  });
