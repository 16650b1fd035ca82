import { expect, test } from "vitest";
import { DevelopmentWalletError, developmentWallet } from "../src/wallets.ts";

const SECRET = "07".repeat(32);

test("a wallet of the dashboard is one here", async () => {
  const [one, same] = [await developmentWallet(`EVM ${SECRET}`), await developmentWallet(` EVM ${SECRET}\n`)];
  expect(one.wallet).toEqual(same.wallet);
  expect((await developmentWallet(`Stellar ${SECRET}`)).wallet.type).toBe("Stellar");
});

test.each(["", SECRET, `EVM ${SECRET}0`, `Paper ${SECRET}`, `EVM ${"g".repeat(64)}`])(
  "%o is none",
  async (text) => {
    await expect(developmentWallet(text)).rejects.toThrow(DevelopmentWalletError);
  },
);
