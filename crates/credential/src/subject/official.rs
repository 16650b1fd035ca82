//! Credentials as the official SDK makes them, to be issued by `Ed25519Signature2020`. Their
//! contexts let signed values be moved between fields.

use idos_linked_data::{
    CREDENTIALS_V1, ED25519_2020_V1, OFFICIAL_CREDENTIAL, OFFICIAL_FACE_ID, OFFICIAL_SUBJECT_V2,
};
use serde_json::{Map, Value, json};

use super::{CredentialFields, Person, SubjectError};

/// What the official SDK writes behind a day.
pub(super) const OFFICIAL_MIDNIGHT: &str = "T00:00:00.000Z";

/// The unsigned credential that the official SDK's `buildCredential` makes of this person.
pub fn official_kyc_credential(
    person: &Person,
    fields: &CredentialFields,
) -> Result<Value, SubjectError> {
    person.check()?;
    if person.id.is_none() {
        return Err(SubjectError::Missing("the subject's id"));
    }
    let mut subject = person.texts();
    for (name, day) in person.days()? {
        subject.insert(name.to_owned(), format!("{day}{OFFICIAL_MIDNIGHT}").into());
    }
    official(
        OFFICIAL_SUBJECT_V2,
        &person.level().to_string(),
        subject,
        fields,
    )
}

/// The unsigned credential that the official SDK makes of a face sign id.
pub fn official_face_id_credential(
    subject_id: &str,
    face_sign_user_id: &str,
    level: &str,
    fields: &CredentialFields,
) -> Result<Value, SubjectError> {
    let mut subject = Map::new();
    subject.insert("id".to_owned(), subject_id.into());
    subject.insert("faceSignUserId".to_owned(), face_sign_user_id.into());
    official(OFFICIAL_FACE_ID, level, subject, fields)
}

fn official(
    context: &str,
    level: &str,
    mut subject: Map<String, Value>,
    fields: &CredentialFields,
) -> Result<Value, SubjectError> {
    let id = fields
        .id
        .as_ref()
        .ok_or(SubjectError::Missing("the credential's id"))?;
    subject.insert("@context".to_owned(), context.into());
    let mut document = json!({
        "@context": [CREDENTIALS_V1, OFFICIAL_CREDENTIAL, ED25519_2020_V1],
        "id": id,
        "type": ["VerifiableCredential"],
        "issuer": fields.issuer,
        "level": level,
        "issuanceDate": fields.valid_from.with_millis(),
        "credentialSubject": subject,
    });
    if let Some(object) = document.as_object_mut() {
        for (name, date) in [
            ("expirationDate", fields.valid_until),
            ("approvedAt", fields.approved_at),
        ] {
            if let Some(date) = date {
                object.insert(name.to_owned(), date.with_millis().into());
            }
        }
        if let Some(status) = &fields.status {
            object.insert("credentialStatus".to_owned(), status.clone());
        }
    }
    Ok(document)
}
