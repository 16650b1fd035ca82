// Only a sign-in text that nodes of the network make is signed.
import { expect, test } from "vitest";
import { parseSignInParameters, unexpectedOf } from "../../src/wire/sign-in-text.ts";

const URL = "https://node.example";
const NOW = Date.parse("2026-02-11T13:35:57.400Z");
const HOUR = 3_600;
const at = (seconds: number) => new Date(NOW + 1_000 * seconds).toISOString().replace(/\.\d+Z$/, "Z");

const unexpected = (changes: object) => {
  const parameters = parseSignInParameters({
    domain: URL,
    statement: "Sign in to idOS. This costs nothing and changes nothing.",
    uri: `${URL}/rpc/v1`,
    version: "1",
    chain_id: "c",
    nonce: "n_-9",
    issue_at: at(0),
    expiration_time: at(HOUR),
    ...changes,
  });
  return unexpectedOf(parameters, URL, NOW);
};

test("what nodes make is signed, also if the clocks differ a little", () => {
  for (const changes of [
    {},
    { issue_at: at(-300), expiration_time: at(HOUR - 300) },
    { issue_at: at(300), expiration_time: at(HOUR + 300) },
    { expiration_time: at(60) },
    { nonce: "n".repeat(256) },
  ]) {
    expect(unexpected(changes)).toBeUndefined();
  }
});

const WRONG: readonly (readonly [string, string])[] = [
  ["statement", "I give away everything"],
  ["statement", ""],
  ["uri", `${URL}/rpc/v2`],
  ["uri", `${URL}.elsewhere/rpc/v1`],
  ["nonce", ""],
  ["nonce", "Pay 5 ETH to nobody"],
  ["nonce", "n".repeat(257)],
  ["issue_at", at(-HOUR)],
  ["issue_at", at(-301)],
  ["issue_at", at(HOUR)],
  ["issue_at", at(-60)],
  ["issue_at", "today"],
  ["issue_at", "2026-02-11T13:35:57.000Z"],
  ["issue_at", "2026-02-11T13:35:57+00:00"],
  ["issue_at", "Wed, 11 Feb 2026 13:35:57 GMT"],
  ["expiration_time", at(HOUR + 1)],
  ["expiration_time", at(-60)],
  ["expiration_time", "never"],
  ["expiration_time", "2026-02-30T13:35:57Z"],
];

test.each(WRONG)("a %s like %s is not signed", (name, value) => {
  const [issued, ends] = ["time of issue", "expiration time"];
  const what = {
    statement: "statement",
    uri: "URI",
    nonce: "nonce",
    issue_at: issued,
    expiration_time: ends,
  };
  // A session that begins earlier would last longer.
  const expected = name === "issue_at" && value === at(-60) ? ends : what[name as keyof typeof what];
  expect(unexpected({ [name]: value })).toBe(expected);
});
