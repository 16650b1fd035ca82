import { WALLET_NAME } from "idos-testing/wallet";
import { describe, expect, test } from "vitest";
import { type Story, SUBJECT } from "../../../src/story.ts";

export const recovery = (story: () => Story) =>
  describe("recovery", () => {
    test("the words alone let the person in, open the data and link a new wallet", async () => {
      const device = await story().newDevice(crypto.getRandomValues(new Uint8Array(32)));
      const { dashboard, wallet } = device;
      await dashboard.page.goto(story().devnet.places.dashboard);
      const window = await dashboard.windowBy("Use recovery words");
      await window.recover(story().words);
      await dashboard.openCredential();
      // The words unlocked the keys as well.
      await dashboard.show();
      await dashboard.enclave().getByText(SUBJECT.documentNumber).first().waitFor();
      await dashboard.closeFrame();

      await dashboard.addWallet(WALLET_NAME);
      const { value: wallets } = await (await story().person()).wallets();
      expect(wallets.map(({ address }) => address.toLowerCase())).toContain(wallet.address.toLowerCase());
      await device.context.close();
    });
  });
