// Signatures of wallets as text: ownership proofs, delegated write grants, delegated access grants. Each in the
// encoding that the SDK's own helper for that wallet produces.
import { randomUUID } from "node:crypto";
import nacl from "tweetnacl";
import { sign as xrplSign } from "ripple-keypairs";
import { nep413, sep53 } from "./signers.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const utf8 = (text) => new TextEncoder().encode(text);

export const evm = (wallet) => (message) => wallet.signMessage(message);
export const near = (keyPair) => (message) => hex(nep413(keyPair, message)).toUpperCase();
export const xrpl = ({ privateKey }) => (message) => xrplSign(hex(utf8(message)), privateKey).toUpperCase();
export const faceSign = ({ secretKey }) => (message) => hex(nacl.sign.detached(utf8(message), secretKey));
/** Stellar as the SDK's main branch does it: raw ed25519 over the text … */
export const stellar = (keyPair) => (message) => hex(keyPair.sign(Buffer.from(message)));
/** … and by SEP-53. */
export const stellarSep53 = (keyPair) => (message) => hex(sep53(keyPair, utf8(message)));

/** The dashboard's text. It is bound to no chain and no profile, so a node takes each one once. */
export const ownershipMessage = () =>
  `Please sign this message to confirm you own this wallet address. Nonce ${randomUUID()}`;

/** `2025-02-11T13:35:57Z`: the only form of a date that grants carry. */
export const date = (secondsFromNow = 0) =>
  new Date(Date.now() + secondsFromNow * 1000).toISOString().replace(/\.\d+Z$/, "Z");

export const unix = (secondsFromNow = 0) => Math.floor(Date.now() / 1000) + secondsFromNow;

/** The parameters of a delegated write grant; `dwgArguments` names them as the write does. */
export const writeGrant = ({ owner, grantee, issuer, ...changes }) => ({
  owner_wallet_identifier: owner,
  grantee_wallet_identifier: grantee,
  issuer_public_key: issuer,
  id: randomUUID(),
  access_grant_timelock: "1970-01-01T00:00:00Z",
  not_usable_before: date(-60),
  not_usable_after: date(3600),
  ...changes,
});

export const dwgArguments = (grant, signature) => ({
  dwg_owner: grant.owner_wallet_identifier,
  dwg_grantee: grant.grantee_wallet_identifier,
  dwg_issuer_public_key: grant.issuer_public_key,
  dwg_id: grant.id,
  dwg_access_grant_timelock: grant.access_grant_timelock,
  dwg_not_before: grant.not_usable_before,
  dwg_not_after: grant.not_usable_after,
  dwg_signature: signature,
});

/** Text of the grant from the node's view, signed by the owner's wallet: what the SDK does. */
export async function signWriteGrant(person, grant) {
  const [{ message }] = await person.call("dwg_message", grant);
  return dwgArguments(grant, await person.prove(message));
}

export async function signAccessGrant(person, { grantee, dataId, lockedUntil = 0, contentHash }) {
  const grant = {
    dag_owner_wallet_identifier: person.identifier,
    dag_grantee_wallet_identifier: grantee,
    dag_data_id: dataId,
    dag_locked_until: lockedUntil,
    dag_content_hash: contentHash,
  };
  const [{ message }] = await person.call("dag_message", grant);
  return { ...grant, dag_signature: await person.prove(message) };
}
