import { UsageError } from "../errors.ts";
import {
  attributeSharedView,
  attributesView,
  credentialOwnedView,
  credentialSharedView,
  credentialsView,
  grantsGrantedView,
  grantsOwnedView,
  partiesView,
  partyView,
  userView,
  type View,
  walletsView,
} from "../evidence/views.ts";
import { PAGE_ROWS } from "../limits.ts";
import { RefusedError } from "../nodes/node-error.ts";
import { flagOf } from "../wire/json.ts";
import type { CallAnswer, JsonRow } from "../wire/rows.ts";
import { type Argument, int8, text, uuid } from "../wire/value.ts";
import { FROM_PROOF } from "./from-proof.ts";
import { FROM_ROWS } from "./from-rows.ts";
import type { Question } from "./question.ts";
import type {
  AccessGrant,
  Attribute,
  Credential,
  CredentialContent,
  GrantPage,
  Party,
  Profile,
  Wallet,
} from "./records.ts";

/** A role that parties are admitted in. */
export type Role = "issuer" | "consumer" | "operator";

/** Which page of a list, from 1, of how many rows; at most 1,000. */
export interface Paging {
  readonly page?: number;
  readonly size?: number;
}

/** How many rows a page has for which no size is named: as many as the nodes take then. */
export const DEFAULT_SIZE = 20;

/** What can be asked, and how the answers are read. */
export const QUESTIONS = {
  hasProfile: (address: string): Question<boolean> => ({
    action: "has_profile",
    values: [text(address)],
    // No list of the state is in the order of addresses.
    proved: undefined,
    stated: (answer) => flagOf(rowsOf(answer)[0]?.["has_profile"], "has_profile"),
  }),
  profile: (): Question<Profile | undefined> =>
    one("get_user", [], then(userView, optional(FROM_PROOF.profile)), FROM_ROWS.profile),
  wallets: (): Question<readonly Wallet[]> =>
    many("get_wallets", [], then(walletsView, each(FROM_PROOF.wallet)), FROM_ROWS.wallet),
  credentials: (): Question<readonly Credential[]> =>
    many("get_credentials", [], then(credentialsView, each(FROM_PROOF.credential)), FROM_ROWS.credential),
  credential: (id: string): Question<CredentialContent | undefined> =>
    one(
      "get_credential_owned",
      [uuid(id)],
      then(credentialOwnedView(id.toLowerCase()), optional(FROM_PROOF.owned)),
      FROM_ROWS.content,
    ),
  sharedCredential: (id: string): Question<CredentialContent | undefined> => ({
    action: "get_credential_shared",
    values: [uuid(id)],
    proved: then(credentialSharedView(id.toLowerCase()), optional(FROM_PROOF.shared)),
    // The view refuses what is not there and what is not shared, which is the answer: there is none.
    stated: ({ rows, refusal }) => (refusal === null ? optional(FROM_ROWS.content)(rows[0]) : undefined),
  }),
  attributes: (): Question<readonly Attribute[]> =>
    many("get_attributes", [], then(attributesView, each(FROM_PROOF.attribute)), FROM_ROWS.attribute),
  sharedAttribute: (id: string): Question<Attribute | undefined> =>
    one(
      "get_attribute_shared",
      [uuid(id)],
      then(attributeSharedView(id.toLowerCase()), optional(FROM_PROOF.attribute)),
      FROM_ROWS.attribute,
    ),
  grantsOwned: (): Question<readonly AccessGrant[]> =>
    many("get_access_grants_owned", [], then(grantsOwnedView, each(FROM_PROOF.grant)), FROM_ROWS.grant),
  grantsGranted: (owner: string | undefined, paging: Paging): Question<GrantPage> => {
    const { page, size } = checked(paging);
    const view = grantsGrantedView(owner?.toLowerCase(), { offset: (page - 1) * size, rows: size });
    return {
      action: "get_access_grants_granted",
      values: [uuid(owner ?? null), int8(page), int8(size)],
      proved: then(view, (found) => ({ ...found, grants: found.grants.map(FROM_PROOF.grant) })),
      stated: (answer) => ({
        grants: rowsOf(answer).map(FROM_ROWS.grant),
        isComplete: false,
        total: undefined,
      }),
    };
  },
  party: (id: string): Question<Party | undefined> =>
    one(
      "get_party",
      [uuid(id)],
      then(partyView(id.toLowerCase()), optional(FROM_PROOF.party)),
      FROM_ROWS.party,
    ),
  parties: (role: Role | undefined, paging: Paging): Question<readonly Party[]> => {
    const { page, size } = checked(paging);
    return many(
      "get_parties",
      [text(role ?? null), int8(page), int8(size)],
      then(partiesView(role, { offset: (page - 1) * size, rows: size }), each(FROM_PROOF.party)),
      FROM_ROWS.party,
    );
  },
};

function checked({ page = 1, size = DEFAULT_SIZE }: Paging): { page: number; size: number } {
  const isPage = Number.isSafeInteger(page) && page >= 1 && Number.isSafeInteger(page * PAGE_ROWS);
  if (!isPage || !Number.isInteger(size) || size < 1 || size > PAGE_ROWS) {
    throw new UsageError("Argument", `pages count from 1, and have 1 to ${PAGE_ROWS} rows`);
  }
  return { page, size };
}

function many<T>(
  action: string,
  values: readonly Argument[],
  proved: View<readonly T[]>,
  stated: (row: JsonRow) => T,
): Question<readonly T[]> {
  return { action, values, proved, stated: (answer) => rowsOf(answer).map(stated) };
}

function one<T>(
  action: string,
  values: readonly Argument[],
  proved: View<T | undefined>,
  stated: (row: JsonRow) => T,
): Question<T | undefined> {
  return { action, values, proved, stated: (answer) => optional(stated)(rowsOf(answer)[0]) };
}

/** The rows of an answer that is none of a view that refused. */
function rowsOf({ rows, refusal }: CallAnswer): readonly JsonRow[] {
  if (refusal !== null) {
    throw new RefusedError("View", 0, refusal);
  }
  return rows;
}

function then<A, B>(view: View<A>, change: (found: A) => B): View<B> {
  return (evidence) => change(view(evidence));
}

function optional<A, B>(change: (one: A) => B): (one: A | undefined) => B | undefined {
  return (one) => (one === undefined ? undefined : change(one));
}

function each<A, B>(change: (one: A) => B): (all: readonly A[]) => readonly B[] {
  return (all) => all.map((one) => change(one));
}
