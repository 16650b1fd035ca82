// @vitest-environment happy-dom
// What the browser keeps may be anything: changed by hand, of an older page, or refused.
import { genesisCheckpoint } from "idos-client";
import { beforeEach, expect, test, vi } from "vitest";
import { keepCheckpoint, keptCheckpoint } from "../../src/session/checkpoint.ts";
import { begunDraft, dropDraft, keepDraft, keptDraft } from "../../src/session/onboarding-draft.ts";
import { keep, kept } from "../../src/session/storage.ts";
import {
  developmentConnector,
  developmentWallets,
  forgetDevelopmentWallet,
  newDevelopmentWallet,
} from "../../src/wallets/development.ts";
import { forgetWallet, rememberedWallet, rememberWallet } from "../../src/wallets/remembered.ts";

beforeEach(() => localStorage.clear());

test("values are kept as JSON, and what is no JSON is nothing", () => {
  keep("a", { b: 1 });
  expect(kept("a")).toEqual({ b: 1 });
  keep("a", undefined);
  expect(kept("a")).toBeUndefined();
  localStorage.setItem("a", "{");
  expect(kept("a")).toBeUndefined();
  const refuse = () => {
    throw new DOMException("no", "SecurityError");
  };
  vi.stubGlobal("localStorage", { setItem: refuse, getItem: refuse, removeItem: refuse });
  expect(keep("a", 1)).toBe(false);
  expect(kept("a")).toBeUndefined();
  vi.unstubAllGlobals();
});

test("development wallets of every kind sign as the same account again", async () => {
  for (const type of ["EVM", "NEAR", "XRPL", "Stellar", "FaceSign"] as const) {
    const made = newDevelopmentWallet(type, ` ${type} of Ada `);
    expect(made.name).toBe(`${type} of Ada`);
    const [first, again] = [
      await developmentConnector(made).connect(),
      await developmentConnector(developmentWallets().at(-1) ?? made).connect(),
    ];
    expect(first.signer.wallet).toMatchObject({ type });
    expect(again.signer.wallet).toEqual(first.signer.wallet);
    expect((await first.signer.sign("text")).length).toBeGreaterThan(32);
  }
  const [first] = developmentWallets();
  forgetDevelopmentWallet(first?.id ?? "");
  expect(developmentWallets()).toHaveLength(4);
});

test("stored wallets that are none are left out", () => {
  keep("idos-development-wallets", [
    { id: "1", name: "n", type: "EVM", secret: "00".repeat(32) },
    { id: "2", name: "n", type: "Other", secret: "00".repeat(32) },
    { id: "3", name: "n", type: "EVM", secret: "00" },
    null,
  ]);
  expect(developmentWallets().map((it) => it.id)).toEqual(["1"]);
  keep("idos-development-wallets", "x");
  expect(developmentWallets()).toEqual([]);
});

test("the last wallet is found again; those of development on such a network only", async () => {
  const connector = developmentConnector(newDevelopmentWallet("EVM", "Ada"));
  rememberWallet({ connector, address: "0x1" });
  const remembered = await rememberedWallet(true);
  expect([remembered?.connector.id, remembered?.address]).toEqual([connector.id, "0x1"]);
  expect(await rememberedWallet(false)).toBeUndefined();
  forgetWallet();
  expect(await rememberedWallet(true)).toBeUndefined();
  rememberWallet({ connector: { ...connector, id: undefined }, address: "0x1" });
  expect(await rememberedWallet(true)).toBeUndefined();
  keep("idos-wallet", connector.id);
  expect(await rememberedWallet(true)).toBeUndefined();
});

test("who joins goes on where they were; a draft that is none is none", () => {
  const wallet = { type: "EVM", address: "0x1", publicKey: undefined } as const;
  const keys = { encryptionPublicKey: "k", keyRing: "r", recovery: null };
  const draft = { issuerUrl: "http://i", userId: "u", keys };
  keepDraft(wallet, draft);
  expect(keptDraft(wallet)).toEqual(draft);
  expect(keptDraft({ ...wallet, address: "0x2" })).toBeUndefined();
  for (const wrong of [{}, { ...draft, keys: { keyRing: 1 } }, { ...draft, userId: 7 }, "x"]) {
    keep("idos-onboarding:EVM:0x1", wrong);
    expect(keptDraft(wallet)).toBeUndefined();
  }
  dropDraft(wallet);
  expect(keptDraft(wallet)).toBeUndefined();
});

test("a second tab goes on with what the first one began, and begins nothing of its own", () => {
  const wallet = { type: "EVM", address: "0x1", publicKey: undefined } as const;
  const first = begunDraft(wallet, "http://i");
  expect(begunDraft(wallet, "http://other")).toEqual(first);
  dropDraft(wallet);
  expect(begunDraft(wallet, "http://i").userId).not.toBe(first.userId);
});

test("nobody begins in a browser that keeps nothing", () => {
  const refuse = () => {
    throw new DOMException("no", "QuotaExceededError");
  };
  vi.stubGlobal("localStorage", { setItem: refuse, getItem: () => null, removeItem: refuse });
  const wallet = { type: "EVM", address: "0x1", publicKey: undefined } as const;
  expect(() => begunDraft(wallet, "http://i")).toThrow("lets the page keep nothing");
  vi.unstubAllGlobals();
});

test("how far this browser came counts for the checkpoint that it began from", () => {
  const validator = { key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" };
  const first = genesisCheckpoint("c", [{ ...validator, address: "192.0.2.1:8485" }]);
  const given = { ...first, epoch: "3" };
  expect(keptCheckpoint(given)).toBe(given);
  const ahead = { ...given, epoch: "5" };
  keepCheckpoint(given, { checkpoint: () => ahead });
  expect(keptCheckpoint(given)).toEqual(ahead);
  const later = { ...given, epoch: "4" };
  expect(keptCheckpoint(later)).toBe(later);
  keepCheckpoint(given, { checkpoint: () => undefined });
  expect(keptCheckpoint(given)).toEqual(ahead);
});
