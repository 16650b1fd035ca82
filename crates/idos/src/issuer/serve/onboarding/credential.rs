//! `POST /onboarding/v1/credentials`: a credential about what a person says, by a write grant.

use axum::http::StatusCode;
use idos_client::{
    Error, FlowError, fresh_id,
    issuer::{IssuedIds, NewCredential},
    signed_grant::WriteGrant,
};
use idos_credential::{CredentialFields, IssueOptions, Person, Seconds, Suite, kyc_credential};
use idos_crypto::PublicKey;
use idos_types::{UserId, Uuid};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Onboarding, facts::Facts, refused::problem};
use crate::{command::clock::now, issuer::people::issued_ids, web::problem::Problem};

/// For how long such a credential is valid, in seconds: a year.
const VALID_SECONDS: i64 = 365 * 24 * 3600;

/// Domain of the digests that ids are made of.
const ID: &str = "idos/onboarding-id/v1";

/// What a person's page sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewRequest {
    user_id: Uuid,
    encryption_public_key: String,
    write_grant: GrantFields,
    subject: Facts,
}

/// A [`WriteGrant`] under the names of this surface.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GrantFields {
    owner: String,
    grantee: String,
    issuer_public_key: String,
    id: Uuid,
    access_grant_timelock: String,
    not_usable_before: String,
    not_usable_after: String,
    signature: String,
}

impl From<GrantFields> for WriteGrant {
    fn from(fields: GrantFields) -> Self {
        Self {
            owner: fields.owner,
            grantee: fields.grantee,
            issuer_public_key: fields.issuer_public_key,
            id: fields.id,
            access_grant_timelock: fields.access_grant_timelock,
            not_usable_before: fields.not_usable_before,
            not_usable_after: fields.not_usable_after,
            signature: fields.signature,
        }
    }
}

impl Onboarding {
    /// Signs the credential, and writes it by the grant.
    pub(super) async fn credential(
        &self,
        request: NewRequest,
    ) -> Result<(StatusCode, Value), Problem> {
        if !self.self_asserted {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "not-self-asserted",
                "this issuer issues nothing that it did not check: it checks people elsewhere",
            ));
        }
        let now = now();
        let person = request.subject.person(now);
        let person = person.map_err(|error| Problem::bad("wrong-subject", error.to_string()))?;
        let key = PublicKey::from_base64(&request.encryption_public_key)
            .map_err(|error| Problem::bad("not-a-key", format!("encryptionPublicKey: {error}")))?;
        let profile = self.issuer.profile(UserId(request.user_id)).await;
        let profile = profile.map_err(problem)?.ok_or_else(|| {
            let text = "there is no profile with this userId: create it first";
            Problem::new(StatusCode::NOT_FOUND, "no-profile", text)
        })?;
        if profile.encryption_key != key {
            let text = "encryptionPublicKey is not the key that the profile shows";
            return Err(Problem::bad("other-key", text));
        }
        let grant = WriteGrant::from(request.write_grant);
        let notes = self.notes(&person, now)?;
        let content = self.sign(&person, now)?;
        let new = NewCredential {
            notes: &notes,
            content: content.as_bytes(),
        };
        let own = self.issuer.as_recipient();
        let ids = self.ids(profile.user, &grant, &person)?;
        match self.issuer.issue_as(ids, &new, &grant, &key, &own).await {
            Ok(()) => {}
            Err(error) if self.was_issued(&error, ids, profile.user).await => {}
            Err(error) => return Err(problem(error)),
        }
        let answer = json!({ "credentialId": ids.original.to_string() });
        Ok((StatusCode::CREATED, answer))
    }

    /// The ids of what is issued to a person by a grant about these facts: the same for whoever asks
    /// again, having heard no answer.
    fn ids(&self, user: UserId, grant: &WriteGrant, person: &Person) -> Result<IssuedIds, Problem> {
        let asked = serde_json::to_vec(&(user.0, grant, person)).map(Zeroizing::new);
        let asked = asked.map_err(Problem::internal)?;
        Ok(issued_ids(ID, &self.id_key, &asked))
    }

    /// Whether what the network refuses is refused because the same was issued before.
    async fn was_issued(&self, error: &FlowError, ids: IssuedIds, user: UserId) -> bool {
        if !matches!(error, FlowError::Client(Error::Refused { .. })) {
            return false;
        }
        let found = self.issuer.as_consumer().fetch(ids.copy).await;
        found.is_ok_and(|found| found.owner == user)
    }

    fn sign(&self, person: &Person, now: Seconds) -> Result<String, Problem> {
        let fields = CredentialFields {
            issuer: self.signer.id().to_owned(),
            valid_from: now,
            valid_until: Some(until(now)),
            approved_at: Some(now),
            ..CredentialFields::default()
        };
        let unsigned = kyc_credential(person, &fields)
            .map_err(|error| Problem::bad("wrong-subject", error.to_string()))?;
        let how = IssueOptions::new(Suite::EddsaJcs2022, now);
        Ok(self.signer.issue_json(unsigned, &how)?.to_string())
    }

    /// What everybody who may see the credential reads without opening it: no fact of the person.
    fn notes(&self, person: &Person, now: Seconds) -> Result<String, Problem> {
        let id = fresh_id().map_err(Problem::internal)?;
        let expires = until(now).rfc3339();
        let expires = expires.split('T').next().unwrap_or_default();
        let notes = json!({
            "id": id.to_string(), "type": "kyc", "level": person.level().to_string(),
            "status": "approved", "issuer": self.name, "expires": expires,
        });
        Ok(notes.to_string())
    }
}

fn until(now: Seconds) -> Seconds {
    Seconds(now.0.saturating_add(VALID_SECONDS))
}
