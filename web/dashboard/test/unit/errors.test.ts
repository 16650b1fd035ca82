// Errors say who has to do what.
import {
  AnswerError,
  NoAnswerError,
  NodeError,
  RefusedError,
  UnknownOutcomeError,
  UnprovableError,
  UnprovedError,
  UsageError,
  WalletError,
} from "idos-client";
import { EnclaveError } from "idos-client/enclave";
import { expect, test } from "vitest";
import {
  afterwards,
  enclaveReason,
  errorText,
  IssuerError,
  isOwnChoice,
  UnfinishedError,
} from "../../src/rules/error-text.ts";
import { TEXTS } from "../../src/texts.ts";

const { errors } = TEXTS;

test("each kind of error has its own words", () => {
  const title = (error: unknown) => errorText(error).title;
  expect(title(new WalletError("Rejected", "x"))).toBe(errors.wallet);
  expect(title(new WalletError("OtherAccount", "x"))).toBe(errors.walletOther);
  expect(title(new WalletError("SameAccount", "x"))).toBe(errors.walletSame);
  expect(title(new WalletError("GivenUp", "x"))).toBe(errors.walletGivenUp);
  expect(errorText(new RefusedError("Failed", 1, "the grant is locked"))).toEqual({
    title: errors.refused,
    detail: "The grant is locked.",
  });
  expect(title(new UnknownOutcomeError("aa"))).toBe(errors.unknown);
  expect(title(new UnprovedError("aa", "http://n"))).toBe(errors.unproved);
  expect(errorText(new UnprovableError("aa"))).toEqual({
    title: errors.unprovable,
    detail: errors.unprovableHint,
  });
  expect(title(new NodeError("Unreachable", "http://n", "x"))).toBe(errors.offline);
  expect(title(new NodeError("Malformed", "http://n", "x"))).toBe(errors.node);
  expect(title(new AnswerError("Missing", 1, "x"))).toBe(errors.node);
  expect(title(new AnswerError("Ended", 1, "x"))).toBe(errors.ended);
  expect(title(new NoAnswerError([new NodeError("Timeout", "http://n", "x")]))).toBe(errors.offline);
  expect(title(new EnclaveError("Declined", "x"))).toBe(errors.declined);
  expect(title(new EnclaveError("OtherProfile", "x"))).toBe(errors.otherProfile);
  expect(errorText(new EnclaveError("Unreadable", "it is damaged"))).toEqual({
    title: errors.enclave,
    detail: "It is damaged.",
  });
  expect(title(new IssuerError("busy"))).toBe(errors.issuer);
  expect(title(new UsageError("Argument", "x"))).toBe(errors.title);
  expect(errorText("nothing")).toEqual({ title: errors.title, detail: "" });
  expect(errorText(new Error("a".repeat(5_000))).detail.length).toBeLessThan(500);
});

test("what people ended themselves is no fault, unless something was done before", () => {
  const declined = new EnclaveError("Declined", "x");
  expect([declined, new WalletError("GivenUp", "x")].map(isOwnChoice)).toEqual([true, true]);
  const faults = [new WalletError("Rejected", "x"), new UnfinishedError(declined), new Error("x"), undefined];
  expect(faults.map(isOwnChoice)).toEqual([false, false, false, false]);
});

test("only the enclave's errors have its reasons", () => {
  expect(enclaveReason(new EnclaveError("PopupBlocked", "x"))).toBe("PopupBlocked");
  expect(enclaveReason(new WalletError("Rejected", "x"))).toBeUndefined();
  expect(enclaveReason(null)).toBeUndefined();
});

test("what failed after something else was done does not say that nothing was changed", async () => {
  const failing = [
    new WalletError("Rejected", "x"),
    new NodeError("Unreachable", "http://n", "x"),
    new EnclaveError("Declined", "x"),
  ];
  for (const error of failing) {
    const fail = () => Promise.reject(error);
    const [alone, later] = await Promise.all(
      [false, true].map((isDone) => afterwards(isDone, fail).catch((thrown: unknown) => errorText(thrown))),
    );
    expect(alone?.detail).toContain(errors.unchanged);
    expect(later?.title).toBe(alone?.title);
    expect(later?.detail).toContain(errors.unfinished);
    expect(later?.detail).not.toContain(errors.unchanged);
  }
  await expect(afterwards(true, async () => 7)).resolves.toBe(7);
  // Whoever fails after one who failed after something else adds nothing.
  const inner = new UnfinishedError(failing[0], "the first half is done");
  await expect(afterwards(true, () => Promise.reject(inner))).rejects.toBe(inner);
  expect(errorText(inner).detail).toBe(`the first half is done ${errors.walletHint}`);
});
