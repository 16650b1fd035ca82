// The action catalogue, and the two helpers that drive it through kwil-js exactly as the SDK does:
// positional inputs in declared order, declared types always given, the SDK's fixed description.
import assert from "node:assert/strict";
import kwilJs from "@idos-network/kwil-js";
import { driven } from "./driven.js";
import { verdict } from "./expect.js";

const { DataType } = kwilJs.Utils;

// name(parameters) kind [-> columns] [: description]      kind: owner | write | view
const TEXT = `
add_inserter_as_owner(id uuid, name text) owner : Add inserter as owner
delete_inserter_as_owner(id uuid) owner : Delete inserter as owner
add_delegate_as_owner(address text, inserter_id uuid) owner : Add a delegate as owner
delete_delegate_as_owner(address text) owner : Delete a delegate from idOS
request_balance_withdrawal(token text, evm_address_to text) owner : Request a withdrawal of all tokens from idOS to specified EVM address

add_user_as_inserter(id uuid, recipient_encryption_public_key text, encryption_password_store text) write : Add a user to idOS
update_user_pub_key_as_inserter(id uuid, recipient_encryption_public_key text, encryption_password_store text) write : Update user's encryption key and password store in idOS as inserter (profile creator)
upsert_wallet_as_inserter(id uuid, user_id uuid, address text, public_key text, wallet_type text, message text, signature text) write : Add a wallet to idOS by inserter (profile creator)
add_wallet(id uuid, address text, public_key text, wallet_type text, message text, signature text) write : Add a wallet to idOS
remove_wallet(id uuid) write : Remove a wallet from idOS

upsert_credential_as_inserter(id uuid, user_id uuid, issuer_auth_public_key text, encryptor_public_key text, content text, public_notes text, public_notes_signature text, broader_signature text) write : Add or update a credential in idOS on behalf of a user by permissioned profile creator (inserter)${" "}
add_credential(id uuid, issuer_auth_public_key text, encryptor_public_key text, content text, public_notes text, public_notes_signature text, broader_signature text) write : Add a new credential
edit_credential(id uuid, public_notes text, public_notes_signature text, broader_signature text, content text, encryptor_public_key text, issuer_auth_public_key text) write : Edit a credential
edit_public_notes_as_issuer(public_notes_id text, public_notes text) write : Edit public notes in a credential as issuer
remove_credential(id uuid) write : Remove a credential from your idOS profile
rescind_shared_credential(credential_id uuid) write : Rescind a shared credential as a grantee
share_credential(id uuid, original_credential_id uuid, public_notes text, public_notes_signature text, broader_signature text, content text, content_hash text, encryptor_public_key text, issuer_auth_public_key text, grantee_wallet_identifier text, locked_until int8) write : Share a credential with creating AG
create_credentials_by_dwg(issuer_auth_public_key text, original_encryptor_public_key text, original_credential_id uuid, original_content text, original_public_notes text, original_public_notes_signature text, original_broader_signature text, copy_encryptor_public_key text, copy_credential_id uuid, copy_content text, copy_public_notes_signature text, copy_broader_signature text, content_hash text, dwg_owner text, dwg_grantee text, dwg_issuer_public_key text, dwg_id uuid, dwg_access_grant_timelock text, dwg_not_before text, dwg_not_after text, dwg_signature text) write : Add original credential and copy credential with AG on behalf of a user (using delegated write grant given by the user)

add_attribute_as_inserter(id uuid, user_id uuid, attribute_key text, value text) write : Add a new attribute as inserter
add_attribute(id uuid, attribute_key text, value text) write : Create a new attribute in your idOS profile
edit_attribute(id uuid, attribute_key text, value text) write : Edit an existing attribute
remove_attribute(id uuid) write : Remove an existing attribute
share_attribute(id uuid, original_attribute_id uuid, attribute_key text, value text) write : Share an attribute

revoke_access_grant(id uuid) write : Revoke an Access Grant from idOS
create_ag_by_dag_for_copy(dag_owner_wallet_identifier text, dag_grantee_wallet_identifier text, dag_data_id uuid, dag_locked_until int8, dag_content_hash text, dag_signature text) write : Create an Access Grant in idOS

request_withdrawal(token text) write : Request a withdrawal of all tokens from idOS to user's EVM wallet
action_costing_gas() write : Get cost of action for 1.2 gas
action_costing_idos_token(amount numeric) write : Action that captures IDOS tokens from the caller
action_costing_fee(credential_id uuid) write : Capture fee from credentials

get_user() view -> id, recipient_encryption_public_key, encryption_password_store
get_user_as_inserter(id uuid) view -> id, recipient_encryption_public_key, encryption_password_store, inserter
get_wallets() view -> id, user_id, address, public_key, wallet_type, message, signature, inserter
get_credentials() view -> id, user_id, public_notes, issuer_auth_public_key, inserter, original_id
get_credentials_shared_by_user(user_id uuid, original_issuer_auth_public_key text) view -> id, user_id, public_notes, encryptor_public_key, issuer_auth_public_key, inserter, original_id
credential_exist_as_inserter(id uuid) view -> credential_exist
get_credential_owned(id uuid) view -> id, user_id, public_notes, content, encryptor_public_key, issuer_auth_public_key, inserter
get_credential_shared(id uuid) view -> id, user_id, public_notes, content, encryptor_public_key, issuer_auth_public_key, inserter
get_sibling_credential_id(content_hash text) view -> id
get_attributes() view -> id, user_id, attribute_key, value, original_id
dwg_message(owner_wallet_identifier text, grantee_wallet_identifier text, issuer_public_key text, id uuid, access_grant_timelock text, not_usable_before text, not_usable_after text) view -> message
dag_message(dag_owner_wallet_identifier text, dag_grantee_wallet_identifier text, dag_data_id uuid, dag_locked_until int8, dag_content_hash text) view -> message
get_access_grants_owned() view -> id, ag_owner_user_id, ag_grantee_wallet_identifier, data_id, locked_until, content_hash, inserter_type, inserter_id
get_access_grants_granted(user_id uuid, page int8, size int8) view -> id, ag_owner_user_id, ag_grantee_wallet_identifier, data_id, locked_until, content_hash, inserter_type, inserter_id
get_access_grants_granted_count(user_id uuid) view -> count
has_locked_access_grants(id uuid) view -> has
get_access_grants_for_credential(credential_id uuid) view -> id, ag_owner_user_id, ag_grantee_wallet_identifier, data_id, locked_until, content_hash, inserter_type, inserter_id
has_profile(address text) view -> has_profile
check_balance(address text, token text) view -> balance
get_wallet_with_balance(token text) view -> wallet_address
get_allowance() view -> gas_allowance
get_issuer_fee(credential_id uuid) view -> issuer_fee

erase_profile() write : Erase your idOS profile
share_attribute_with(id uuid, original_attribute_id uuid, attribute_key text, value text, grantee_wallet_identifier text) write : Share an attribute with a grantee
get_attributes_shared(user_id uuid, page int8, size int8) view -> id, user_id, attribute_key, original_id
get_attribute_shared(id uuid) view -> id, user_id, attribute_key, value, original_id
set_access_grant_expiry(id uuid, expires_at int8) write : Let an Access Grant end by itself
get_access_grant_expiries() view -> id, expires_at
detach_wallet() write : Detach this wallet from its idOS profile
update_encryption_key(recipient_encryption_public_key text, encryption_password_store text) write : Update the encryption key of your idOS profile
add_party_as_owner(id uuid, address text, roles text) owner : Add a party as owner
set_party_roles_as_owner(id uuid, roles text) owner : Set the roles of a party as owner
remove_party_as_owner(id uuid) owner : Remove a party as owner
publish_party_keys(id uuid, name text, did text, signing_public_key text, encryption_public_key text, signature text) write : Publish the keys of a party
party_message(id uuid, name text, did text, signing_public_key text, encryption_public_key text) view -> message
get_party(id uuid) view -> id, address, roles, version, name, did, signing_public_key, encryption_public_key, signature, height
get_parties(role text, page int8, size int8) view -> id, address, roles, version, name, did, signing_public_key, encryption_public_key, signature, height
request_join(key text, address text, signature text) write : Ask for a node to join
approve_validator_as_owner(key text) owner : Approve a validator as owner
ready(key text) write : Say that a node is ready to validate
leave(key text) write : Take a node out of the validators
remove_validator_as_owner(key text) owner : Remove a validator as owner
set_validator_address(key text, address text, signature text) write : Move a node to another address
validator_message(key text, operator text, address text) view -> message
get_validators() view -> key, operator, address, status, in_current_set
get_validator_set(epoch int8) view -> key, address
withdraw_vote(motion text) write : Withdraw a vote
get_motions(page int8, size int8) view -> id, action, arguments, proposer, expires_at, approvals, needed
set_parameter_as_owner(name text, value int8, from_height int8) owner : Set a parameter of the network as owner
get_parameters() view -> name, value, next_value, next_from_height
get_party_history(id uuid) view -> id, address, roles, version, name, did, signing_public_key, encryption_public_key, signature, height
`;

export const TYPES = {
  uuid: DataType.Uuid,
  text: DataType.Text,
  int8: DataType.Int,
  numeric: DataType.Numeric(78, 0),
};

const list = (text) => (text ? text.split(",").map((item) => item.trim()) : []);

/** name → { name, kind, params: [{ name, type }], columns, desc } */
export const catalogue = new Map(
  TEXT.split("\n").filter(Boolean).map((line) => {
    const [, name, params, kind, columns, desc] =
      /^(\w+)\((.*?)\) (\w+)(?: -> ([^:]+))?(?: : (.*))?$/.exec(line) ?? assert.fail(line);
    const entry = {
      name,
      kind,
      params: list(params).map((p) => ({ name: p.split(" ")[0], type: p.split(" ")[1] })),
      columns: list(columns),
      desc: desc ?? "",
    };
    return [name, entry];
  }),
);

export const ofKind = (...kinds) => [...catalogue.values()].filter((entry) => kinds.includes(entry.kind));

/** Named arguments in declared order; what is absent becomes null, what is unknown is a mistake in the test. */
export function positional(action, args = {}) {
  const entry = catalogue.get(action) ?? assert.fail(`no such action in the catalogue: ${action}`);
  const names = entry.params.map((p) => p.name);
  for (const name of Object.keys(args)) assert.ok(names.includes(name), `${action} has no parameter ${name}`);
  return { entry, values: names.map((name) => args[name] ?? null), types: entry.params.map((p) => p.type) };
}

/** Values of the right types that mean nothing, for tests in which the arguments must not matter. */
export const anyArguments = (action) =>
  Object.fromEntries(
    catalogue.get(action).params.map(({ name, type }) => [
      name,
      { uuid: "0b0f3c1e-5d3a-4d53-9d6e-2f4f0f6c1a2b", text: "x", int8: 1, numeric: "1" }[type],
    ]),
  );

/** Runs a transaction and notes how its action ended, for the coverage test. */
export async function noted(action, work) {
  try {
    const result = await work();
    driven(action, "ok");
    return result;
  } catch (error) {
    const outcome = verdict(error);
    if (outcome) driven(action, outcome);
    throw error;
  }
}

/** A write through kwil-js, waiting for its block. `types` overrides the declared ones by parameter name. */
export function execute(kwil, signer, action, args, { types: overrides = {}, nonce } = {}) {
  const { entry, values, types } = positional(action, args);
  const body = {
    namespace: "main",
    name: action,
    description: entry.desc,
    inputs: [values],
    types: entry.params.map((p, i) => TYPES[overrides[p.name] ?? types[i]]),
    ...(nonce ? { nonce } : {}),
  };
  return noted(action, async () => (await kwil.execute(body, signer, true)).data);
}

/** A view through kwil-js: its rows, with the declared columns in the declared order. */
export async function call(kwil, signer, action, args) {
  const { entry, values, types } = positional(action, args);
  const body = { namespace: "main", name: action, inputs: values, types: types.map((t) => TYPES[t]) };
  const { data, authCode } = await kwil.call(body, signer);
  if (authCode) throw new Error(`JSON RPC call error: code: ${authCode}, message: not signed in`);
  for (const row of data.result) assert.deepEqual(Object.keys(row), entry.columns, `columns of ${action}`);
  if (data.result.length > 0) driven(action, "ok");
  return data.result;
}
