//! A credential for one person by a write grant, under ids that every attempt derives anew: whoever did
//! not hear how an attempt ended finds by them what it issued.

use idos_client::{
    Error as ClientError, FlowError,
    issuer::{IssuedIds, Issuer, NewCredential},
    keys::Seed,
    party::Recipient,
    signed_grant::{HandedWriteGrant, ProfileFacts},
};
use idos_credential::{IssueError, IssueOptions, Issuer as Signer};
use idos_crypto::PublicKey;
use idos_types::Uuid;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::{
    command::clock::now,
    issuer::{
        people::{SUITE, check_proof, id_key, issued_ids, open, owner_key, signer},
        revocable::Revocable,
    },
    role::{RoleArgs, RoleError},
};

/// Domain of the digests that ids are made of.
const ID: &str = "idos/issued-id/v1";

/// An issuer, ready to issue.
pub(super) struct Issuance {
    issuer: Issuer,
    signer: Signer,
    /// What ids of credentials are made with, so that nobody else can guess what they are made of.
    id_key: Seed,
    copy_for: Recipient,
    revocable: Revocable,
}

/// What one person is to get.
pub(super) struct Request<'a> {
    /// The file that an error names if the credential cannot be signed.
    pub(super) file: &'a str,
    /// The person.
    pub(super) facts: &'a ProfileFacts,
    /// The file of the write grant.
    pub(super) grant_file: &'a str,
    /// What that has.
    pub(super) handed: &'a HandedWriteGrant,
    /// The public notes.
    pub(super) notes: &'a str,
    /// The credential, not signed yet.
    pub(super) unsigned: Map<String, Value>,
}

/// What a person has.
pub(super) struct Outcome {
    /// Under which ids.
    pub(super) ids: IssuedIds,
    /// The `id` by which it is revoked, if it can be.
    pub(super) credential: Option<String>,
    /// Whether an earlier attempt issued it.
    pub(super) is_before: bool,
}

impl Issuance {
    /// Of the issuer of a folder; copies are for a party, or for the issuer itself.
    pub(super) async fn open(
        role: &RoleArgs,
        copy_for: Option<Uuid>,
        revocable: Revocable,
    ) -> Result<Self, RoleError> {
        let issuer = open(role)?;
        let copy_for = match copy_for {
            Some(party) => issuer.client().consumer(party.into()).await?,
            None => issuer.as_recipient(),
        };
        Ok(Self {
            issuer,
            copy_for,
            revocable,
            signer: signer(role)?,
            id_key: id_key(role)?,
        })
    }

    /// Signs a credential and gives it to its person, unless an earlier attempt did.
    pub(super) async fn issue(&self, mut request: Request<'_>) -> Result<Outcome, RoleError> {
        let grant = &request.handed.grant;
        let owner_key = owner_key(request.facts, request.handed)?;
        let chain_id = self.issuer.client().chain_id();
        check_proof(request.facts, chain_id)?;
        // Before it gets an entry of a status list, which the next attempt need not get.
        let ids = ids(&self.id_key, &request)?;
        let issued = ids.original.0;
        let revoked_by = self.revocable.give(issued, &mut request.unsigned)?;
        let unsigned = std::mem::take(&mut request.unsigned);
        let content = self
            .signed(unsigned)
            .map_err(|error| RoleError::Refused(format!("{}: {error}", request.file)))?;
        self.check_key(&request, &owner_key).await?;
        let new = NewCredential {
            notes: request.notes,
            content: content.as_bytes(),
        };
        let issuing = self
            .issuer
            .issue_as(ids, &new, grant, &owner_key, &self.copy_for);
        let Err(error) = issuing.await else {
            return Ok(Outcome {
                ids,
                credential: revoked_by,
                is_before: false,
            });
        };
        let outcome = self.looked_for(ids, &request, error).await;
        outcome.map_err(|error| named(error, ids, revoked_by.as_deref()))
    }

    /// Refuses a key that the profile does not show. Nobody signed the one in the files, and whoever has its
    /// secret reads what is issued. Who may not look, as inserters may, may not issue either, and is told
    /// so by the write.
    async fn check_key(&self, request: &Request<'_>, key: &PublicKey) -> Result<(), RoleError> {
        let user = request.facts.user;
        let shown = match self.issuer.profile(user).await {
            Err(FlowError::Client(ClientError::Refused { .. })) => return Ok(()),
            shown => shown?.map(|profile| profile.encryption_key),
        };
        let why = match shown {
            Some(shown) if shown == *key => return Ok(()),
            Some(_) => format!(
                "the key that it would be sealed to is not the one that the profile {user} shows: \
                 somebody changed a file, or the person has another key since; let them sign another \
                 grant"
            ),
            None => format!("there is no profile {user}: `idos issuer profile` creates it"),
        };
        Err(RoleError::Refused(format!("{}: {why}", request.grant_file)))
    }

    /// What there is after an attempt that failed.
    async fn looked_for(
        &self,
        ids: IssuedIds,
        request: &Request<'_>,
        error: FlowError,
    ) -> Result<Outcome, RoleError> {
        if !error.is_used_write_grant() {
            return Err(error.into());
        }
        Ok(Outcome {
            ids,
            credential: self.issued_before(ids, request).await?,
            is_before: true,
        })
    }

    /// Whether a grant was used for this very credential: by an attempt that was interrupted before it
    /// could tell. A node's word is not enough, and the grant may have been used for anything: that the
    /// copy is there is proved. The answer is the `id` by which the credential is revoked, if it can be.
    async fn issued_before(
        &self,
        ids: IssuedIds,
        request: &Request<'_>,
    ) -> Result<Option<String>, RoleError> {
        let IssuedIds { original, copy } = ids;
        let file = request.grant_file;
        if !self.copies_are_own() {
            return Err(RoleError::Refused(format!(
                "{file} was used already, and whether for this credential cannot be proved, since the \
                 copy is not for this issuer: if the person has the credential {original}, or the \
                 consumer the copy {copy}, it was, and nothing is left to do; otherwise let the person \
                 sign another grant"
            )));
        }
        match self.issuer.as_consumer().fetch(copy).await {
            Ok(found) if found.owner == request.facts.user => {
                Ok(revoked_by(found.content.as_bytes()))
            }
            // The ids are made of the profile in the file: nothing else was issued under them.
            Ok(found) => Err(RoleError::Refused(format!(
                "{file} was used for this credential: it is in the profile {}, whose wallet signed the \
                 grant, and not in {}, which the person's file names; find out whose it is before \
                 anything else is issued",
                found.owner, request.facts.user
            ))),
            Err(FlowError::NotFound { .. }) => Err(RoleError::Refused(format!(
                "{file} was used for something else, or what was issued by it is no longer shared with \
                 this issuer: look what the person has, and if it is not this credential, let them sign \
                 another grant"
            ))),
            Err(error) => Err(RoleError::from(error).after(format!(
                "{file} was used already, and for what could not be looked at: if for this, the person \
                 has the credential {original}, and this issuer the copy {copy}; start the same command \
                 again"
            ))),
        }
    }

    /// Whether this issuer can read the copies.
    fn copies_are_own(&self) -> bool {
        let own = self.issuer.as_recipient();
        self.copy_for.grantee().eq_ignore_ascii_case(own.grantee())
    }

    fn signed(&self, unsigned: Map<String, Value>) -> Result<String, IssueError> {
        let how = IssueOptions::new(SUITE, now());
        // Read anew: what came from a list was not read as strictly as credentials are.
        self.signer
            .issue(&Value::Object(unsigned).to_string(), &how)
    }
}

/// The ids of what is issued to a person by a grant: others if anything else is issued by it.
fn ids(id_key: &Seed, request: &Request<'_>) -> Result<IssuedIds, RoleError> {
    let Request {
        facts,
        handed,
        notes,
        unsigned,
        ..
    } = request;
    let issued = serde_json::to_vec(&(facts.user.0, &handed.grant, notes, unsigned));
    let issued = issued.map(Zeroizing::new);
    let issued = issued.map_err(|error| RoleError::Refused(error.to_string()))?;
    Ok(issued_ids(ID, id_key, &issued))
}

/// Names what may have been issued, where nobody could tell.
fn named(error: RoleError, ids: IssuedIds, by_id: Option<&str>) -> RoleError {
    if !error.is_unknown() {
        return error;
    }
    let IssuedIds { original, copy } = ids;
    let revoked = by_id.map(|id| format!(", revoked by the id {id}"));
    error.after(format!(
        "nobody could tell whether the credential was issued: it would be {original}, with the copy \
         {copy}{}; start the same command again, which finds it or issues it",
        revoked.unwrap_or_default()
    ))
}

/// The `id` by which a credential is revoked, if it can be.
fn revoked_by(content: &[u8]) -> Option<String> {
    let credential: Value = serde_json::from_slice(content).ok()?;
    credential.get("credentialStatus")?;
    Some(credential.get("id")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The network forgets ids of grants, and whoever signs one chooses it.
    #[test]
    fn grants_of_one_id_issue_under_ids_of_their_own() {
        let ids_of = |user: u128, owner: &str| {
            let facts = json!({
                "user": Uuid::from_u128(user).to_string(), "encryption_public_key": "",
                "wallet": {
                    "id": Uuid::from_u128(9).to_string(), "wallet_type": "EVM", "address": owner,
                    "public_key": null, "message": "", "signature": "",
                },
            });
            let handed = json!({
                "owner": owner, "grantee": "", "issuer_public_key": "",
                "id": Uuid::from_u128(3).to_string(), "access_grant_timelock": "",
                "not_usable_before": "", "not_usable_after": "", "signature": "",
            });
            let request = Request {
                file: "",
                facts: &serde_json::from_value(facts).unwrap(),
                grant_file: "",
                handed: &serde_json::from_value(handed).unwrap(),
                notes: "",
                unsigned: Map::new(),
            };
            ids(&Seed::new([7; 32]), &request).unwrap().original
        };
        assert_eq!(ids_of(1, "alice"), ids_of(1, "alice"));
        assert_ne!(ids_of(1, "alice"), ids_of(1, "mallory"));
        assert_ne!(ids_of(1, "alice"), ids_of(2, "alice"));
    }
}
