// @vitest-environment happy-dom
// Wallets of development: a key goes only from who says so twice, and who copies one is told.
import { cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { DevelopmentWallets } from "../../src/components/development-wallets.tsx";
import { TEXTS } from "../../src/texts.ts";
import { developmentWallets, newDevelopmentWallet } from "../../src/wallets/development.ts";

const texts = TEXTS.connect;

afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.restoreAllMocks();
});

const show = (inUse?: string) =>
  render(<DevelopmentWallets onChoose={() => undefined} disabled={false} inUse={inUse} />);
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

test("a key is forgotten by who says so twice", () => {
  newDevelopmentWallet("EVM", "Ada");
  show();
  press(`${texts.forget} Ada`);
  expect(developmentWallets()).toHaveLength(1);
  fireEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: texts.forget }));
  expect(developmentWallets()).toEqual([]);
  expect(screen.queryByText("Ada")).toBeNull();
});

test("who copies a secret is told whether it is copied", async () => {
  const { secret } = newDevelopmentWallet("EVM", "Ada");
  const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValueOnce(undefined);
  show();
  press(`${texts.copySecret} Ada`);
  await screen.findByText(texts.copied("Ada"));
  expect(write).toHaveBeenCalledExactlyOnceWith(`EVM ${secret}`);
  write.mockRejectedValueOnce(new DOMException("no", "NotAllowedError"));
  press(`${texts.copySecret} Ada`);
  await screen.findByText(texts.notCopied);
});

test("the wallet in use is neither connected again nor forgotten", () => {
  const { id } = newDevelopmentWallet("EVM", "Ada");
  show(`development:${id}`);
  expect(screen.getByText(TEXTS.wallets.current)).toBeDefined();
  expect(screen.queryByRole("button", { name: `${texts.connect} Ada` })).toBeNull();
  expect(screen.queryByRole("button", { name: `${texts.forget} Ada` })).toBeNull();
  expect(screen.getByRole("button", { name: `${texts.copySecret} Ada` })).toBeDefined();
});
