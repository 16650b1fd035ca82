//! An identified person.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_linked_data::IDOS_KYC;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, fmt};
use time::Date;

use super::{CredentialFields, SubjectError, credential, official::OFFICIAL_MIDNIGHT};
use crate::{
    ascii85,
    dates::{Seconds, parse_day},
    level::{AddOn, BaseLevel, Level},
    schema::KYC_TYPE,
};

/// The countries of the European Union, by ISO 3166-1.
const EU: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// A file; base64 in JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct File(pub Vec<u8>);

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({} bytes)", self.0.len())
    }
}

impl Serialize for File {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for File {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        STANDARD
            .decode(String::deserialize(deserializer)?)
            .map(Self)
            .map_err(|_| D::Error::custom("a file is base64"))
    }
}

/// A sex, as the official SDK names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Gender {
    /// Male.
    M,
    /// Female.
    F,
    /// Another.
    Other,
}

/// A kind of identity document, as the official SDK names it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IdDocumentType {
    /// A passport.
    Passport,
    /// A driving licence.
    Drivers,
    /// An identity card.
    IdCard,
    /// A voting card.
    VotingCard,
    /// An Indian PAN card.
    PanCard,
    /// A passport for inside a country.
    InternalPassport,
    /// A residence permit.
    ResidencePermit,
}

/// An identity document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdDocument {
    /// The country that issued it, two letters.
    pub country: String,
    /// Its number.
    pub number: String,
    /// Its kind.
    pub r#type: IdDocumentType,
    /// Day of issue, `yyyy-mm-dd`.
    pub date_of_issue: Option<String>,
    /// Day of expiry.
    pub date_of_expiry: Option<String>,
    /// Its front.
    pub front_file: File,
    /// Its back.
    pub back_file: Option<File>,
}

/// Where a person lives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// Street.
    pub street: String,
    /// Number of the house.
    pub house_number: Option<String>,
    /// Anything else.
    pub additional_address_info: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// City.
    pub city: String,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country, two letters.
    pub country: String,
    /// Kind of the proof.
    pub proof_category: String,
    /// Day of the proof, `yyyy-mm-dd`.
    pub proof_date_of_issue: Option<String>,
    /// The proof.
    pub proof_file: File,
}

/// A person, with the fields of the official SDK.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Person {
    /// Id of the subject, a URL or URN. Disclosures show it.
    pub id: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Middle name.
    pub middle_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Name at birth.
    pub maiden_name: Option<String>,
    /// Sex.
    pub gender: Option<Gender>,
    /// Nationality, two letters.
    pub nationality: Option<String>,
    /// Social security number, nine characters.
    pub ssn: Option<String>,
    /// Address of electronic mail.
    pub email: Option<String>,
    /// Telephone number.
    pub phone_number: Option<String>,
    /// Day of birth, `yyyy-mm-dd`.
    pub date_of_birth: String,
    /// Place of birth.
    pub place_of_birth: Option<String>,
    /// The document that was checked.
    pub id_document: IdDocument,
    /// A picture of the person, taken at the check.
    pub selfie_file: File,
    /// Where they live.
    pub residential_address: Option<Address>,
}

/// Personal data is never printed.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

impl Person {
    /// How well this person is identified: `plus` with a proof of address, else `basic`; an add-on
    /// for the selfie, the mail address, the telephone number.
    pub fn level(&self) -> Level {
        let proved = self.residential_address.as_ref().is_some_and(|address| {
            !address.proof_file.0.is_empty()
                && !address.city.is_empty()
                && !address.proof_category.is_empty()
        });
        let mut add_ons = BTreeSet::new();
        for (add_on, there) in [
            (AddOn::Liveness, !self.selfie_file.0.is_empty()),
            (AddOn::Email, self.email.is_some()),
            (AddOn::PhoneNumber, self.phone_number.is_some()),
        ] {
            if there {
                add_ons.insert(add_on);
            }
        }
        Level {
            base: if proved {
                BaseLevel::Plus
            } else {
                BaseLevel::Basic
            },
            add_ons,
        }
    }

    /// Checks what has to hold whatever the contexts are.
    pub(super) fn check(&self) -> Result<(), SubjectError> {
        if self.first_name.is_none() && self.family_name.is_none() {
            return Err(SubjectError::Missing("first or family name"));
        }
        let country = |field, text: &str| {
            if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
                Ok(())
            } else {
                Err(SubjectError::Field {
                    field,
                    expected: "two capital letters",
                })
            }
        };
        if let Some(nationality) = &self.nationality {
            country("nationality", nationality)?;
        }
        country("idDocument.country", &self.id_document.country)?;
        if let Some(address) = &self.residential_address {
            country("residentialAddress.country", &address.country)?;
        }
        if self
            .ssn
            .as_ref()
            .is_some_and(|ssn| ssn.chars().count() != 9)
        {
            return Err(SubjectError::Field {
                field: "ssn",
                expected: "nine characters",
            });
        }
        Ok(())
    }

    /// The fields that are texts or files, under the names of both contexts.
    pub(super) fn texts(&self) -> Map<String, Value> {
        let mut texts = Map::new();
        let mut put = |name: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                texts.insert(name.to_owned(), value.into());
            }
        };
        let file = |file: &File| (!file.0.is_empty()).then(|| ascii85::encode(&file.0));
        put("id", self.id.clone());
        put("firstName", self.first_name.clone());
        put("middleName", self.middle_name.clone());
        put("familyName", self.family_name.clone());
        put("maidenName", self.maiden_name.clone());
        put("gender", self.gender.and_then(name_of));
        put("nationality", self.nationality.clone());
        put("ssn", self.ssn.clone());
        put("email", self.email.clone());
        put("phoneNumber", self.phone_number.clone());
        put("placeOfBirth", self.place_of_birth.clone());
        put("selfieFile", file(&self.selfie_file));
        let document = &self.id_document;
        put("idDocumentCountry", Some(document.country.clone()));
        put("idDocumentNumber", Some(document.number.clone()));
        put("idDocumentType", name_of(document.r#type));
        put("idDocumentFrontFile", file(&document.front_file));
        put(
            "idDocumentBackFile",
            document.back_file.as_ref().and_then(file),
        );
        if let Some(address) = &self.residential_address {
            put("residentialAddressStreet", Some(address.street.clone()));
            put(
                "residentialAddressHouseNumber",
                address.house_number.clone(),
            );
            put(
                "residentialAddressAdditionalAddressInfo",
                address.additional_address_info.clone(),
            );
            put("residentialAddressRegion", address.region.clone());
            put("residentialAddressCity", Some(address.city.clone()));
            put("residentialAddressPostalCode", address.postal_code.clone());
            put("residentialAddressCountry", Some(address.country.clone()));
            put(
                "residentialAddressProofCategory",
                Some(address.proof_category.clone()),
            );
            put("residentialAddressProofFile", file(&address.proof_file));
        }
        texts
    }

    /// The fields that are days, read.
    pub(super) fn days(&self) -> Result<Vec<(&'static str, Date)>, SubjectError> {
        let address = self.residential_address.as_ref();
        [
            ("dateOfBirth", Some(&self.date_of_birth)),
            (
                "idDocumentDateOfIssue",
                self.id_document.date_of_issue.as_ref(),
            ),
            (
                "idDocumentDateOfExpiry",
                self.id_document.date_of_expiry.as_ref(),
            ),
            (
                "residentialAddressProofDateOfIssue",
                address.and_then(|address| address.proof_date_of_issue.as_ref()),
            ),
        ]
        .into_iter()
        .filter_map(|(field, text)| Some((field, text?)))
        .map(|(field, text)| {
            parse_day(text)
                .map(|day| (field, day))
                .map_err(|reason| SubjectError::Date { field, reason })
        })
        .collect()
    }
}

fn name_of(name: impl Serialize) -> Option<String> {
    match serde_json::to_value(name) {
        Ok(Value::String(name)) => Some(name),
        _ => None,
    }
}

/// The unsigned credential about a person under our contexts (VC Data Model 2.0), with what the
/// issuer attests so that the holder need not show more: `ageOver18`, `ageOver21` (at `valid_from`)
/// and, with an address, `residesInEu`. The level is derived from the data.
pub fn kyc_credential(person: &Person, fields: &CredentialFields) -> Result<Value, SubjectError> {
    person.check()?;
    let mut subject = person.texts();
    for (name, day) in person.days()? {
        subject.insert(name.to_owned(), day.to_string().into());
        if name == "dateOfBirth" {
            for (claim, years) in [("ageOver18", 18), ("ageOver21", 21)] {
                let over = is_over(day, years, fields.valid_from)?;
                subject.insert(claim.to_owned(), over.into());
            }
        }
    }
    if let Some(address) = &person.residential_address {
        subject.insert("residesInEu".to_owned(), is_in_eu(&address.country).into());
    }
    let mut document = credential(KYC_TYPE, IDOS_KYC, subject, fields);
    document.insert("level".to_owned(), person.level().to_string().into());
    Ok(Value::Object(document))
}

/// Whether a country, by its two capital letters of ISO 3166-1, is one of the European Union.
pub fn is_in_eu(country: &str) -> bool {
    EU.contains(&country)
}

/// Whether somebody born on a day, `yyyy-mm-dd`, is so many years old; credentials of the official SDK
/// write the day as its midnight. The error says that the day is none, or still to come.
pub fn is_of_age(date_of_birth: &str, years: i32, at: Seconds) -> Result<bool, SubjectError> {
    let field = "dateOfBirth";
    let day = date_of_birth.strip_suffix(OFFICIAL_MIDNIGHT);
    let born = parse_day(day.unwrap_or(date_of_birth))
        .map_err(|reason| SubjectError::Date { field, reason })?;
    is_over(born, years, at).map_err(|_| SubjectError::Field {
        field,
        expected: "a day before today",
    })
}

/// Whether somebody born on a day is so many years old. Who was born on 29 February is a year
/// older from 1 March.
fn is_over(born: Date, years: i32, at: Seconds) -> Result<bool, SubjectError> {
    let wrong = SubjectError::Field {
        field: "validFrom",
        expected: "a date after the birth",
    };
    let today = at.day().ok_or(wrong.clone())?;
    if born > today {
        return Err(wrong);
    }
    let age = today.year().saturating_sub(born.year());
    let before_birthday =
        (u8::from(today.month()), today.day()) < (u8::from(born.month()), born.day());
    Ok(age.saturating_sub(i32::from(before_birthday)) >= years)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(born: &str, at: &str) -> bool {
        is_over(parse_day(born).unwrap(), 18, Seconds::parse(at).unwrap()).unwrap()
    }

    #[test]
    fn age_counts_from_the_birthday() {
        assert!(!over("2008-11-21", "2026-11-20T23:59:59Z"));
        assert!(over("2008-11-21", "2026-11-21T00:00:00Z"));
        assert!(!over("2008-02-29", "2026-02-28T12:00:00Z"));
        assert!(over("2008-02-29", "2026-03-01T00:00:00Z"));
        assert!(is_over(parse_day("2030-01-01").unwrap(), 18, Seconds(0)).is_err());
    }

    #[test]
    fn an_age_is_that_of_a_day_that_was() {
        let at = Seconds::parse("2026-11-21T00:00:00Z").unwrap();
        assert_eq!(is_of_age("2008-11-21", 18, at), Ok(true));
        assert_eq!(is_of_age("2008-11-22", 18, at), Ok(false));
        for none in ["2026-11-22", "2008-13-01", "", "21.11.2008"] {
            let error = is_of_age(none, 18, at).unwrap_err();
            assert!(error.to_string().contains("dateOfBirth"), "{error}");
        }
    }

    #[test]
    fn the_list_of_countries_is_sorted_and_whole() {
        assert!(EU.is_sorted());
        assert!(!is_in_eu("GB") && is_in_eu("GR") && is_in_eu("HR"));
        assert!(!is_in_eu("gr") && !is_in_eu(""));
    }
}
