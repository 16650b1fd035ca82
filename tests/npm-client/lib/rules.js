// What this node decides differently from the public catalogue, and texts that are not the catalogue's.
// The tests take them from here, so that a changed decision is a change of one line.

/** Views that need no sign-in; every other view answers -901 without one. */
export const OPEN_VIEWS = [
  "has_profile", "dwg_message", "dag_message", "check_balance", "get_issuer_fee", "get_parties", "get_party",
  "get_party_history", "party_message", "validator_message", "get_validators", "get_validator_set", "get_motions",
  "get_parameters",
];

/**
 * Actions whose whole behaviour here is the refusal: without token bridges there is nothing to move, and with one
 * validator the owner decides alone, so that no motion waits for votes and there is no vote to withdraw.
 */
export const NEVER_SUCCEED = [
  "request_withdrawal", "request_balance_withdrawal", "action_costing_idos_token", "action_costing_fee", "withdraw_vote",
  "get_motions",
];

/** Actions without a rule that could refuse: what is not there, or not the caller's, they pass over in silence. */
export const REFUSE_NOTHING = [
  "remove_attribute", "edit_public_notes_as_issuer", "delete_inserter_as_owner", "delete_delegate_as_owner",
];

/** Private views that have nothing to keep from anybody: without token bridges there is no balance to show. */
export const WITHHOLD_NOTHING = ["get_wallet_with_balance"];

/** What the node says before it asks any rule of the action: the call is no such action's, or an argument does not fit. */
export const WRONG_IN_FORM =
  /^(unknown action|action is private|action invocation error|type error|null value for|parameter "\w+" is \d+ bytes)/;

/** What it says to everybody else of an action of the owner. */
export const OWNER_ONLY = /^action is owner-only/;

/** Helpers of the schema, callable only by other actions. */
export const PRIVATE_ACTIONS = [
  "get_inserter", "get_inserter_or_null", "credential_belongs_to_caller", "credential_exist", "create_access_grant",
  "from_human_units", "update_allowance", "capture_gas", "capture_fee",
];

/** A profile creator is refused once the owner has acted, and so is everybody else. */
export const OWNER_HAS_TAKEN_OVER = /^the owner alone decides about this profile/;

/** Our own ownership text: it counts for this chain and this profile only. */
export const boundOwnershipMessage = (chainId, userId, nonce) =>
  `Sign to add this wallet to your idOS profile\nchain id: ${chainId}\nprofile: ${userId}\nnonce: ${nonce}`;

/** A grant ends by itself only after now, and not before its lock. */
export const WRONG_EXPIRY = "a grant can end only in the future and not before its lock";

/** A profile creator links one wallet, so that it keeps none of its own in the profile. */
export const SECOND_WALLET = "an inserter links one wallet of a person, the owner adds the others";

/** `locked_until` reaches at most this far ahead. */
export const LONGEST_LOCK_SECONDS = 10 * 365 * 86400;
export const LOCK_TOO_LONG = "locked_until can be at most ten years ahead";

/** Database texts that the catalogue gives by shape only. */
export const NO_PROFILE = /null value in column "user_id"/;
export const DUPLICATE = /duplicate key value violates unique constraint/;
export const CHECK_FAILED = /password_store/;

/** What a parameter has that nobody has set: bodies of transactions are kept for an hour. */
export const BODY_RETENTION_SECONDS = 3600;

/** Gas that one `action_costing_gas` takes, and what a new profile starts with. */
export const GAS_COST = 1_200_000_000_000_000_000n;
export const FIRST_ALLOWANCE = 100_000_000_000_000_000_000n;

/** Namespace of access grant ids: UUIDv5 of `{grantee}-{data_id}-{locked_until}`. */
export const GRANT_NAMESPACE = "31276fd4-105f-4ff7-9f64-644942c14b79";

/** The key type under which a raw XRPL secp256k1 sender counts its nonces (kwil-js cannot ask for it). */
export const XRPL_KEY_TYPE = "ed25519";

/** A body that no node takes. */
export const OVERSIZED_BYTES = 40_000_000;

/** How long to wait for something that the node does by itself when its time has come. */
export const PATIENCE_MS = 30_000;
