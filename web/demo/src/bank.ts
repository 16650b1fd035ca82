/**
 * What the page says to the bank's own server, which is a consumer of idOS. The server never trusts what the page
 * says about a person: it gets the id of a copy, reads the copy itself, with proof, and decides.
 */

/** What the bank wants, and from whom it wants to be known. */
export interface Terms {
  /** The bank's name, for this page; the name that people consent to is the one that the network proves. */
  readonly name: string;
  /** The bank among the parties of the network: its keys are read there. */
  readonly partyId: string;
  /** For how many days the bank has to be able to read, by law. */
  readonly lockDays: number;
  /** What the bank checks, as short phrases. */
  readonly asks: readonly string[];
}

/** One thing that the bank's server checked. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What the bank's server decided. */
export interface Decision {
  readonly approved: boolean;
  readonly checks: readonly Check[];
}

/** The bank's server did not answer as it should. */
export class BankError extends Error {
  override readonly name = "BankError";
}

/** Ten years with three leap days: what the network takes as a lock. A test of the bank's server compares the two. */
const MOST_LOCK_DAYS = 3653;
/** Most entries of a list. */
const MOST_ENTRIES = 64;
/** Most characters of a text. */
const MOST_CHARACTERS = 2000;

/** Asks the bank what it wants. */
export async function fetchTerms(): Promise<Terms> {
  return termsOf(await ask("/api/terms"));
}

/** Hands in an application: which copy to read, and whose it is. */
export async function apply(copyId: string, owner: string): Promise<Decision> {
  return decisionOf(await ask("/api/applications", { copyId, owner }));
}

/** Reads terms. */
export function termsOf(json: unknown): Terms {
  const { name, partyId, lockDays, asks } = object(json);
  if (typeof lockDays !== "number" || !(lockDays >= 0 && lockDays <= MOST_LOCK_DAYS)) {
    throw new BankError("the terms of the bank name no number of days");
  }
  return { name: text(name), partyId: text(partyId), lockDays, asks: list(asks, text) };
}

/** Reads a decision. Nobody is approved by a check that failed. */
export function decisionOf(json: unknown): Decision {
  const { approved, checks } = object(json);
  const made = list(checks, (it): Check => {
    const { name, ok, detail } = object(it);
    return { name: text(name), ok: ok === true, detail: typeof detail === "string" ? text(detail) : "" };
  });
  return { approved: approved === true && made.every(({ ok }) => ok), checks: made };
}

async function ask(path: string, body?: unknown): Promise<unknown> {
  const post = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  let response: Response;
  try {
    response = await fetch(path, body === undefined ? {} : post);
  } catch (cause) {
    throw new BankError("the bank's server cannot be reached", { cause });
  }
  const json: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    throw new BankError(problemOf(json) ?? `the bank's server answered with status ${response.status}`);
  }
  return json;
}

/** What the server says is wrong, as `application/problem+json`. */
function problemOf(json: unknown): string | undefined {
  const detail = typeof json === "object" && json !== null && "detail" in json ? json.detail : undefined;
  return typeof detail === "string" && detail !== "" ? detail.slice(0, MOST_CHARACTERS) : undefined;
}

function object(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new BankError("the bank's server answered with something else than it should");
  }
  return json as Record<string, unknown>;
}

function text(json: unknown): string {
  if (typeof json !== "string" || json.length > MOST_CHARACTERS) {
    throw new BankError("the bank's server answered without a text where one should be");
  }
  return json;
}

function list<T>(json: unknown, one: (json: unknown) => T): readonly T[] {
  if (!Array.isArray(json) || json.length > MOST_ENTRIES) {
    throw new BankError("the bank's server answered without a list where one should be");
  }
  return json.map(one);
}
