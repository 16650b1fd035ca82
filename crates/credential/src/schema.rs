//! The form of what our own types of credentials say. Which fields are required is a matter of
//! issuing: a holder may disclose any of them alone.

use serde_json::{Map, Value};
use thiserror::Error;

use crate::{
    dates::{Seconds, parse_day},
    did::short,
    level::Level,
    structure::Credential,
};

/// What is wrong with the fields of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// A field is not one of its type.
    #[error("a credential of type {of} has no field {field:?}: the issuer must leave it out")]
    Unknown {
        /// The type of credential.
        of: &'static str,
        /// The field.
        field: String,
    },
    /// A field has a wrong form.
    #[error("the field {field:?} is not as it has to be: {expected}; the issuer must correct it")]
    Field {
        /// The field.
        field: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// The schema of somebody else is not known here.
    #[error("the schema {0:?} is not known here: the verifier's operator must decide to ignore it")]
    Foreign(String),
}

/// What a field holds.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Country,
    Day,
    Moment,
    Flag,
    Count,
    OneOf(&'static [&'static str]),
    /// One object or several, with these fields.
    Objects(&'static [(&'static str, Form)]),
}

/// Sexes, as the official SDK names them.
pub(crate) const GENDERS: [&str; 3] = ["M", "F", "OTHER"];
/// Kinds of documents, as the official SDK names them.
pub(crate) const DOCUMENT_TYPES: [&str; 7] = [
    "PASSPORT",
    "DRIVERS",
    "ID_CARD",
    "VOTING_CARD",
    "PAN_CARD",
    "INTERNAL_PASSPORT",
    "RESIDENCE_PERMIT",
];

const KYC: &[(&str, Form)] = &[
    ("firstName", Form::Text),
    ("middleName", Form::Text),
    ("familyName", Form::Text),
    ("maidenName", Form::Text),
    ("gender", Form::OneOf(&GENDERS)),
    ("nationality", Form::Country),
    ("ssn", Form::Text),
    ("email", Form::Text),
    ("phoneNumber", Form::Text),
    ("dateOfBirth", Form::Day),
    ("placeOfBirth", Form::Text),
    ("selfieFile", Form::Text),
    ("idDocumentCountry", Form::Country),
    ("idDocumentNumber", Form::Text),
    ("idDocumentType", Form::OneOf(&DOCUMENT_TYPES)),
    ("idDocumentDateOfIssue", Form::Day),
    ("idDocumentDateOfExpiry", Form::Day),
    ("idDocumentFrontFile", Form::Text),
    ("idDocumentBackFile", Form::Text),
    ("residentialAddressStreet", Form::Text),
    ("residentialAddressHouseNumber", Form::Text),
    ("residentialAddressAdditionalAddressInfo", Form::Text),
    ("residentialAddressRegion", Form::Text),
    ("residentialAddressCity", Form::Text),
    ("residentialAddressPostalCode", Form::Text),
    ("residentialAddressCountry", Form::Country),
    ("residentialAddressProofCategory", Form::Text),
    ("residentialAddressProofDateOfIssue", Form::Day),
    ("residentialAddressProofFile", Form::Text),
    ("ageOver18", Form::Flag),
    ("ageOver21", Form::Flag),
    ("residesInEu", Form::Flag),
];
const PERSONHOOD: &[(&str, Form)] = &[
    ("faceSignUserId", Form::Text),
    ("livenessMethod", Form::Text),
    ("livenessCheckedAt", Form::Moment),
    ("uniqueWithin", Form::Text),
];
const WALLETS: &[(&str, Form)] = &[(
    "linkedWallets",
    Form::Objects(&[
        ("walletAddress", Form::Text),
        ("walletType", Form::Text),
        ("walletPublicKey", Form::Text),
        ("ownershipMessage", Form::Text),
        ("ownershipSignature", Form::Text),
        ("ownershipProvedAt", Form::Moment),
    ]),
)];
const SOCIAL: &[(&str, Form)] = &[(
    "socialAccounts",
    Form::Objects(&[
        ("socialPlatform", Form::Text),
        ("socialAccountId", Form::Text),
        ("socialHandle", Form::Text),
        ("socialFollowers", Form::Count),
        ("socialAccountSince", Form::Day),
        ("socialProvedAt", Form::Moment),
    ]),
)];
const ACHIEVEMENTS: &[(&str, Form)] = &[(
    "achievements",
    Form::Objects(&[
        ("achievementName", Form::Text),
        ("achievementDescription", Form::Text),
        ("achievementIssuedBy", Form::Text),
        ("achievementScore", Form::Count),
        ("achievementEarnedAt", Form::Moment),
    ]),
)];

/// The type of a credential about an identified person.
pub const KYC_TYPE: &str = "IdosKycCredential";
/// The type of a proof of personhood.
pub const PERSONHOOD_TYPE: &str = "IdosPersonhoodCredential";
/// The type of a credential about linked wallets.
pub const WALLETS_TYPE: &str = "IdosWalletsCredential";
/// The type of a credential about accounts of social networks.
pub const SOCIAL_TYPE: &str = "IdosSocialCredential";
/// The type of a credential about achievements.
pub const ACHIEVEMENT_TYPE: &str = "IdosAchievementCredential";

const TYPES: [(&str, &[(&str, Form)]); 5] = [
    (KYC_TYPE, KYC),
    (PERSONHOOD_TYPE, PERSONHOOD),
    (WALLETS_TYPE, WALLETS),
    (SOCIAL_TYPE, SOCIAL),
    (ACHIEVEMENT_TYPE, ACHIEVEMENTS),
];

/// Checks the fields of a credential of one of our types; says whether it was one.
pub(crate) fn check(credential: &Credential) -> Result<bool, SchemaError> {
    let mut known = false;
    for (of, fields) in TYPES {
        if !credential.types().any(|name| name == of) {
            continue;
        }
        known = true;
        if let Some(level) = credential.document().get("level") {
            let read = level.as_str().and_then(|text| text.parse::<Level>().ok());
            if read.is_none() {
                return Err(SchemaError::Field {
                    field: "level".to_owned(),
                    expected: "basic or plus, with +liveness, +email, +phoneNumber",
                });
            }
        }
        for subject in credential.subjects() {
            object(of, subject, fields)?;
        }
    }
    Ok(known)
}

fn object(
    of: &'static str,
    object: &Map<String, Value>,
    fields: &[(&str, Form)],
) -> Result<(), SchemaError> {
    for (name, value) in object {
        if ["id", "type", "@context"].contains(&name.as_str()) {
            continue;
        }
        let (_, form) = fields
            .iter()
            .find(|(field, _)| field == name)
            .ok_or_else(|| SchemaError::Unknown {
                of,
                field: short(name),
            })?;
        field(of, name, value, *form)?;
    }
    Ok(())
}

fn field(of: &'static str, name: &str, value: &Value, form: Form) -> Result<(), SchemaError> {
    let text = value.as_str();
    let (accepted, expected) = match form {
        Form::Text => (text.is_some_and(|text| !text.is_empty()), "a text"),
        Form::Country => (
            text.is_some_and(|text| {
                text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
            }),
            "a country as two capital letters",
        ),
        Form::Day => (
            text.is_some_and(|text| parse_day(text).is_ok()),
            "a day like 1990-04-30",
        ),
        Form::Moment => (
            text.is_some_and(|text| Seconds::parse(text).is_ok()),
            "a date with time and zone",
        ),
        Form::Flag => (value.is_boolean(), "true or false"),
        Form::Count => (value.is_u64(), "a whole number from 0"),
        Form::OneOf(names) => (
            text.is_some_and(|text| names.contains(&text)),
            "one of the names given for it",
        ),
        Form::Objects(fields) => {
            for element in crate::structure::each(Some(value)) {
                let element = element.as_object().ok_or(SchemaError::Field {
                    field: short(name),
                    expected: "one object or several",
                })?;
                object(of, element, fields)?;
            }
            (true, "")
        }
    };
    if accepted {
        Ok(())
    } else {
        Err(SchemaError::Field {
            field: short(name),
            expected,
        })
    }
}
