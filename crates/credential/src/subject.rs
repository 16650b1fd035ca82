//! What our credentials say, ready to be issued.

mod kyc;
mod official;
mod plain;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use thiserror::Error;

pub use kyc::{Address, File, Gender, IdDocument, IdDocumentType, Person, is_in_eu, is_of_age};
pub use official::{official_face_id_credential, official_kyc_credential};
pub use plain::{
    Achievement, LinkedWallet, Personhood, SocialAccount, achievement_credential,
    personhood_credential, social_credential, wallets_credential,
};

use idos_linked_data::{CREDENTIALS_V2, IDOS_CREDENTIAL};

use crate::dates::{DateError, Seconds};
pub use kyc::kyc_credential;

/// What every credential has, whatever it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CredentialFields {
    /// Its id, a URL or URN. Disclosures show it, so leave it out where they are not to be linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The issuer's id.
    pub issuer: String,
    /// From when it is valid.
    pub valid_from: Seconds,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Seconds>,
    /// When the issuer approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Seconds>,
    /// Its entry in a status list, from [`StatusList::entry`](crate::StatusList::entry).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Value>,
}

/// Why no credential can be made of some data. The issuer is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SubjectError {
    /// Something required is missing.
    #[error("{0} is missing: the issuer must give it")]
    Missing(&'static str),
    /// A text has a wrong form.
    #[error("{field} is not as it has to be: {expected}")]
    Field {
        /// Which field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A date is no date.
    #[error("{field}: {reason}")]
    Date {
        /// Which field.
        field: &'static str,
        /// What is wrong.
        reason: DateError,
    },
}

/// An unsigned credential of version 2.0 under our contexts.
fn credential(
    r#type: &str,
    context: &str,
    subject: Map<String, Value>,
    fields: &CredentialFields,
) -> Map<String, Value> {
    let mut credential = Map::new();
    credential.insert(
        "@context".to_owned(),
        json!([CREDENTIALS_V2, IDOS_CREDENTIAL, context]),
    );
    if let Some(id) = &fields.id {
        credential.insert("id".to_owned(), id.clone().into());
    }
    credential.insert("type".to_owned(), json!(["VerifiableCredential", r#type]));
    credential.insert("issuer".to_owned(), fields.issuer.clone().into());
    credential.insert("validFrom".to_owned(), fields.valid_from.rfc3339().into());
    for (name, date) in [
        ("validUntil", fields.valid_until),
        ("approvedAt", fields.approved_at),
    ] {
        if let Some(date) = date {
            credential.insert(name.to_owned(), date.rfc3339().into());
        }
    }
    if let Some(status) = &fields.status {
        credential.insert("credentialStatus".to_owned(), status.clone());
    }
    credential.insert("credentialSubject".to_owned(), Value::Object(subject));
    credential
}
