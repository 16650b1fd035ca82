import { decodeCertificate } from "../light-client/certificate.ts";
import type { Freshness, LightClient } from "../light-client/light-client.ts";
import type { RootStatement } from "../light-client/statement.ts";
import { AnswerError } from "./answer-error.ts";
import { Checker } from "./checker.ts";
import type { ProvedAnswer } from "./proved-answer.ts";
import type { View } from "./views.ts";

/** An answer that is true of a certified state. */
export interface Proved<T> {
  /** What the validators certified. */
  readonly statement: RootStatement;
  readonly answer: T;
}

/**
 * Throws unless an answer to a caller's question is true of a recent state that is certified. Follow set changes
 * first ({@link LightClient.follow}). What ends at a time has ended if it has by the clock of `freshness`.
 */
export function verifyAnswer<T>(
  client: LightClient,
  freshness: Freshness,
  view: View<T>,
  caller: string,
  given: ProvedAnswer,
): Proved<T> {
  const statement = client.certified(decodeCertificate(given.certificate), freshness);
  if (statement.height !== BigInt(given.height)) {
    throw new AnswerError(
      "Height",
      0,
      `the node's certificate is of height ${statement.height}, the answer of height ${given.height}`,
    );
  }
  const checker = new Checker(statement.root, given.claims);
  const seconds = (millis: number) => Math.floor(millis / 1000);
  const certified = seconds(Number(statement.timeMillis));
  const answer = view({ checker, caller, certified, now: Math.max(certified, seconds(freshness.nowMillis)) });
  checker.finish();
  return { statement, answer };
}
