import { WALLET_NAME } from "idos-testing/wallet";
import { describe, expect, test } from "vitest";
import type { Story } from "../../../src/story.ts";

export const share = (story: () => Story) =>
  describe("share from the demo bank", () => {
    test("who refuses in the enclave shares nothing", async () => {
      const { bank } = story().first;
      await bank.page.goto(story().devnet.places.demo);
      await bank.openAccount(WALLET_NAME);
      await bank.isAt("What you share with us");
      const window = await bank.agreeUnlocking(story().password);
      await window.refuseToShare();
      await bank.isAt("Nothing was shared");
      expect(await story().grantsToBank()).toEqual([]);
    });

    test("the enclave says who asks and until when it is locked, and one click shares", async () => {
      const { bank, wallet } = story().first;
      await bank.page.goto(story().devnet.places.demo);
      await bank.openAccount(WALLET_NAME);
      await bank.isAt("What you share with us");
      const window = await bank.agreeUnlocking(story().password);
      expect(await window.title()).toBe("Share this?");
      const text = await window.text();
      expect(text).toContain(story().devnet.places.demo);
      expect(text).toContain("You cannot take it back before");
      await window.share(story().bankName);
      await bank.isAt(`Welcome to ${story().bankName}`);
      expect(wallet.signed.at(-1)).toContain("Share a credential");
    });
  });
