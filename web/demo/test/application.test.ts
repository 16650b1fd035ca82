import { UsageError, WalletError } from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { expect, test } from "vitest";
import { afterError, afterSignIn, attempted, type Stage } from "../src/application.ts";
import { BankError } from "../src/bank.ts";
import type { Visitor } from "../src/idos.ts";

const credential = { id: "c" };
const visitor = { credential } as unknown as Visitor;
const offer = { at: "offer", visitor, credential, blocked: false } as Stage & { at: "offer" };

test("what a visitor has decides what they are shown", () => {
  expect(afterSignIn(undefined)).toEqual({ at: "noProfile" });
  expect(afterSignIn({ ...visitor, credential: undefined })).toEqual({ at: "noCredential" });
  expect(afterSignIn(visitor)).toEqual(offer);
});

test("a refusal of the person is no error, in the enclave or in the wallet", () => {
  const declined = { at: "declined", isSealed: false };
  expect(afterError(new EnclaveError("Declined", "no"), offer)).toEqual(declined);
  expect(afterError(new WalletError("Rejected", "no"), undefined)).toEqual(declined);
});

test("who agreed in the enclave, and did not sign, is not told that nothing left it", () => {
  const refused = afterError(new WalletError("Rejected", "no"), offer);
  expect(refused).toEqual({ at: "declined", isSealed: true });
});

test("a window that the browser kept closed takes one more click", () => {
  const blocked = new EnclaveError("PopupBlocked", "closed");
  expect(afterError(blocked, offer)).toEqual({ ...offer, blocked: true });
  expect(afterError(blocked, undefined).at).toBe("failed");
});

test.each([
  new EnclaveError("Unreadable", "says why"),
  new WalletError("Malformed", "says why"),
  new UsageError("Argument", "says why"),
  new BankError("says why"),
])("an error that is meant for people is shown: %s", (error) => {
  expect(afterError(error, offer)).toEqual({ at: "failed", message: "says why" });
});

test("what else was thrown is not shown", () => {
  expect(afterError(new TypeError("a secret"), offer)).not.toHaveProperty("message", "a secret");
});

test("whatever was done is shown, also that it failed", async () => {
  const shown: Stage[] = [];
  const show = (stage: Stage) => shown.push(stage);
  const { signal } = new AbortController();
  await attempted(
    async (showStage) => {
      showStage({ at: "busy", doing: "signIn" });
      return { at: "noProfile" };
    },
    show,
    signal,
  );
  await attempted(() => Promise.reject(new BankError("closed")), show, signal);
  expect(shown).toEqual([
    { at: "busy", doing: "signIn" },
    { at: "noProfile" },
    { at: "failed", message: "closed" },
  ]);
});

test("who stopped waiting is shown nothing of what comes late", async () => {
  const shown: Stage[] = [];
  const waiting = new AbortController();
  const late = attempted(
    async (showStage) => {
      await new Promise((resolve) => waiting.signal.addEventListener("abort", resolve));
      showStage({ at: "busy", doing: "deciding" });
      return { at: "noProfile" };
    },
    (stage) => shown.push(stage),
    waiting.signal,
  );
  waiting.abort();
  await late;
  await attempted(
    () => Promise.reject(new Error("x")),
    (stage) => shown.push(stage),
    waiting.signal,
  );
  expect(shown).toEqual([]);
});
