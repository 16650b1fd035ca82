import { WALLET_NAME } from "idos-testing/wallet";
import { describe, expect, test } from "vitest";
import type { Story } from "../../../src/story.ts";

export const onboarding = (story: () => Story) =>
  describe("onboarding", () => {
    test("the bank sends somebody without a profile to the dashboard", async () => {
      const { bank } = await story().newDevice();
      await bank.page.goto(story().devnet.places.demo);
      await bank.openAccount(WALLET_NAME);
      await bank.isAt("This wallet has no idOS profile yet");
    });

    test("a wallet becomes a profile, with keys that only the person can open", async () => {
      const device = story().first;
      await story().signIn(device);
      await device.dashboard.isAt("Welcome. Let’s make your profile");
      story().words = await device.dashboard.join(story().password);

      const person = await story().person();
      const { value: profile } = await person.profile();
      expect(profile?.encryptionPublicKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
      const { value: wallets } = await person.wallets();
      expect(wallets.map(({ type }) => type).sort()).toEqual(["EVM", "FaceSign"]);
      const { value: attributes } = await person.attributes();
      expect(attributes.map(({ key }) => key)).toContain("idos:key-ring");
    });
  });
