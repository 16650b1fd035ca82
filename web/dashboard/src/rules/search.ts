import type { Credential } from "idos-client";
import { TEXTS } from "../texts.ts";
import { factsOf } from "./credential-facts.ts";
import { shownDay } from "./dates.ts";
import { expiryOf } from "./expiry.ts";
import { credentialName, humanised, statusName } from "./names.ts";
import { statusOf } from "./status.ts";

/** Whether a search finds a credential: every word has to be somewhere in what is shown of it, or in its type. */
export function isFoundBy(credential: Credential, search: string, now: Date): boolean {
  return hasWords(shownOf(credential, now).join("\n"), search);
}

/** Whether every word of a search is somewhere in a text. */
export function hasWords(text: string, search: string): boolean {
  const said = text.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => said.includes(word));
}

function shownOf(credential: Credential, now: Date): readonly string[] {
  const facts = factsOf(credential);
  const { type = "", issuer, level, expires, others } = facts;
  const status = statusOf(facts.status, expiryOf(expires, now)).text;
  return [
    credentialName(facts),
    type,
    issuer ?? TEXTS.data.unknownIssuer,
    level === undefined ? "" : humanised(level),
    status === undefined ? "" : statusName(status),
    expires === undefined ? TEXTS.data.never : shownDay(expires),
    ...others.map(([name, value]) => `${humanised(name)} ${value}`),
  ];
}
