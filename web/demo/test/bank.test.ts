import { afterEach, describe, expect, test, vi } from "vitest";
import { apply, BankError, decisionOf, fetchTerms, termsOf } from "../src/bank.ts";

const terms = { name: "A bank", partyId: "p", lockDays: 7, asks: ["over 18"] };

afterEach(() => vi.unstubAllGlobals());

/** Has the bank's server answer so. */
const answering = (status: number, body: string) => {
  const fetch = vi.fn(async () => new Response(body, { status }));
  vi.stubGlobal("fetch", fetch);
  return fetch;
};

describe("terms", () => {
  test.each([0, 7, 3653])("with a lock of %i days are read", (lockDays) => {
    expect(termsOf({ ...terms, lockDays })).toEqual({ ...terms, lockDays });
  });

  test.each([
    ["no object", []],
    ["no name", { ...terms, name: undefined }],
    ["a lock that is no number", { ...terms, lockDays: "7" }],
    ["a lock before today", { ...terms, lockDays: -1 }],
    ["a lock longer than the network takes", { ...terms, lockDays: 3654 }],
    ["a lock that is not a number at all", { ...terms, lockDays: Number.NaN }],
    ["asks without end", { ...terms, asks: Array(65).fill("x") }],
    ["an ask that is no text", { ...terms, asks: [{}] }],
  ])("with %s are refused", (_, json) => expect(() => termsOf(json)).toThrow(BankError));
});

describe("a decision", () => {
  const passed = { name: "over 18", ok: true, detail: "18 or older" };

  test("is read", () => {
    expect(decisionOf({ approved: true, checks: [passed] })).toEqual({ approved: true, checks: [passed] });
  });

  test("approves nobody by a check that failed", () => {
    const failed = { name: "lives in the EU", ok: false, detail: "" };
    expect(decisionOf({ approved: true, checks: [passed, failed] }).approved).toBe(false);
  });

  test("approves by nothing but true", () => {
    expect(decisionOf({ approved: "yes", checks: [] }).approved).toBe(false);
    expect(decisionOf({ approved: false, checks: [{ ...passed, ok: 1 }] }).checks[0]?.ok).toBe(false);
  });

  test("without checks is refused", () => {
    expect(() => decisionOf({ approved: true })).toThrow(BankError);
  });
});

describe("the server", () => {
  test("is handed the copy and its owner", async () => {
    const fetch = answering(200, JSON.stringify({ approved: true, checks: [] }));
    expect((await apply("copy", "person")).approved).toBe(true);
    expect(fetch).toHaveBeenCalledWith(
      "/api/applications",
      expect.objectContaining({ method: "POST", body: '{"copyId":"copy","owner":"person"}' }),
    );
  });

  test("says in its own words what is wrong", async () => {
    answering(422, JSON.stringify({ title: "No", detail: "there is no such copy" }));
    await expect(apply("copy", "person")).rejects.toThrow("there is no such copy");
  });

  test("may be broken", async () => {
    answering(502, "<html>");
    await expect(fetchTerms()).rejects.toThrow("502");
    answering(200, "not JSON");
    await expect(fetchTerms()).rejects.toThrow(BankError);
    vi.stubGlobal(
      "fetch",
      vi.fn(async () => Promise.reject(new TypeError("offline"))),
    );
    await expect(fetchTerms()).rejects.toThrow("cannot be reached");
  });
});
