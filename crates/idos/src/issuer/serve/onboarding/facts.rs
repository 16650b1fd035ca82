//! What a person says of themselves.

use std::borrow::Cow;

use idos_credential::{Address, File, IdDocument, IdDocumentType, Person, Seconds, is_of_age};
use idos_types::limits::FACT_CHARS;
use serde::Deserialize;
use thiserror::Error;

use super::portrait;

/// The fields of the form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Facts {
    first_name: String,
    family_name: String,
    date_of_birth: String,
    nationality: String,
    id_document_country: String,
    id_document_number: String,
    id_document_type: IdDocumentType,
    residential_address_country: Option<String>,
    portrait: Option<String>,
}

/// A field is not as it has to be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("subject.{field} has to be {expected}")]
pub(super) struct FactError {
    field: &'static str,
    expected: Cow<'static, str>,
}

impl FactError {
    pub(super) fn new(field: &'static str, expected: impl Into<Cow<'static, str>>) -> Self {
        let expected = expected.into();
        Self { field, expected }
    }
}

impl Facts {
    /// The person whom a credential is about.
    pub(super) fn person(self, now: Seconds) -> Result<Person, FactError> {
        for (field, text) in [
            ("firstName", &self.first_name),
            ("familyName", &self.family_name),
            ("idDocumentNumber", &self.id_document_number),
        ] {
            check_text(field, text)?;
        }
        let residence = self.residential_address_country.as_ref();
        for (field, country) in [
            ("nationality", Some(&self.nationality)),
            ("idDocumentCountry", Some(&self.id_document_country)),
            ("residentialAddressCountry", residence),
        ] {
            country.map_or(Ok(()), |country| check_country(field, country))?;
        }
        // Whether of age or not: the day has to be one that was.
        is_of_age(&self.date_of_birth, 0, now)
            .map_err(|_| FactError::new("dateOfBirth", "a day that was, like 1990-04-30"))?;
        let portrait = self.portrait.as_deref().map(portrait::read).transpose()?;
        let none = || File(Vec::new());
        Ok(Person {
            id: None,
            first_name: Some(self.first_name),
            middle_name: None,
            family_name: Some(self.family_name),
            maiden_name: None,
            gender: None,
            nationality: Some(self.nationality),
            ssn: None,
            email: None,
            phone_number: None,
            date_of_birth: self.date_of_birth,
            place_of_birth: None,
            id_document: IdDocument {
                country: self.id_document_country,
                number: self.id_document_number,
                r#type: self.id_document_type,
                date_of_issue: None,
                date_of_expiry: None,
                front_file: none(),
                back_file: None,
            },
            selfie_file: portrait.unwrap_or_else(none),
            // Only the country is known: no proof of address, so no higher level.
            residential_address: self.residential_address_country.map(|country| Address {
                street: String::new(),
                house_number: None,
                additional_address_info: None,
                region: None,
                city: String::new(),
                postal_code: None,
                country,
                proof_category: String::new(),
                proof_date_of_issue: None,
                proof_file: none(),
            }),
        })
    }
}

fn check_text(field: &'static str, text: &str) -> Result<(), FactError> {
    let is_text = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if is_text && text.chars().count() <= FACT_CHARS {
        return Ok(());
    }
    let expected = format!("a text of 1 to {FACT_CHARS} characters in one line");
    Err(FactError::new(field, expected))
}

fn check_country(field: &'static str, text: &str) -> Result<(), FactError> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    let expected = "a country by two capital letters, like PT";
    Err(FactError::new(field, expected))
}

#[cfg(test)]
mod tests {
    use idos_credential::{CredentialFields, kyc_credential};
    use serde_json::{Value, json};

    use super::*;

    const NOW: Seconds = Seconds(1_795_000_000);

    fn right() -> Value {
        json!({
            "firstName": "Given", "familyName": "Family", "dateOfBirth": "1990-04-30",
            "nationality": "PT", "idDocumentCountry": "PT", "idDocumentNumber": "X1",
            "idDocumentType": "PASSPORT", "residentialAddressCountry": "PT",
            "portrait": "data:image/jpeg;base64,/9j/4A==",
        })
    }

    #[test]
    fn what_is_said_becomes_a_credential() {
        let facts: Facts = serde_json::from_value(right()).unwrap();
        let person = facts.person(NOW).unwrap();
        assert_eq!(person.level().to_string(), "basic+liveness");
        let fields = CredentialFields {
            issuer: "did:example:issuer".to_owned(),
            valid_from: NOW,
            ..CredentialFields::default()
        };
        let subject = kyc_credential(&person, &fields).unwrap()["credentialSubject"].clone();
        assert_eq!(subject["residentialAddressCountry"], "PT");
        assert_eq!(subject["residesInEu"], true);
        assert_eq!(subject["ageOver18"], true);
        assert_eq!(subject.get("residentialAddressCity"), None);
        let mut least = right();
        for field in ["residentialAddressCountry", "portrait"] {
            least.as_object_mut().unwrap().remove(field);
        }
        let facts: Facts = serde_json::from_value(least).unwrap();
        assert_eq!(facts.person(NOW).unwrap().level().to_string(), "basic");
    }

    #[test]
    fn each_field_is_checked() {
        for (field, value) in [
            ("firstName", json!("")),
            ("familyName", json!("x".repeat(FACT_CHARS + 1))),
            ("idDocumentNumber", json!("a\nb")),
            ("nationality", json!("pt")),
            ("idDocumentCountry", json!("PRT")),
            ("residentialAddressCountry", json!("")),
            ("dateOfBirth", json!("2090-01-01")),
            ("dateOfBirth", json!("30.4.1990")),
            ("portrait", json!("http://x")),
        ] {
            let mut wrong = right();
            wrong[field] = value;
            let facts: Facts = serde_json::from_value(wrong).unwrap();
            assert_eq!(facts.person(NOW).unwrap_err().field, field);
        }
        let mut more = right();
        more["level"] = json!("plus");
        assert!(serde_json::from_value::<Facts>(more).is_err());
    }
}
