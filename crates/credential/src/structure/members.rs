//! Each member of a credential.

use serde_json::{Map, Value};

use super::{Place, StructureError, Version, check_terms, defined, each};
use crate::{dates::Seconds, did::short, terms::urls};

const URL: &str = "an absolute URL";

/// Contexts, terms, `type`, `id`; gives the version.
pub(super) fn whole(
    document: &Map<String, Value>,
    r#type: &'static str,
) -> Result<Version, StructureError> {
    let context = document
        .get("@context")
        .ok_or(StructureError::Missing("@context"))?;
    let urls = urls(context).ok_or(StructureError::InlineContext)?;
    let version = [Version::V1_1, Version::V2_0]
        .into_iter()
        .find(|version| urls.first() == Some(&version.context()))
        .ok_or(StructureError::Version)?;
    let other = match version {
        Version::V1_1 => Version::V2_0,
        Version::V2_0 => Version::V1_1,
    };
    if urls.contains(&other.context()) {
        return Err(StructureError::Version);
    }
    let defined = defined(context)?;
    let types = document
        .get("type")
        .ok_or(StructureError::Missing("type"))?;
    let is_name = |value: &Value| value.as_str().is_some_and(|name| !name.is_empty());
    if !each(Some(types)).all(is_name) {
        return Err(StructureError::Member {
            member: "type".to_owned(),
            expected: "one name or several",
        });
    }
    if !each(Some(types)).any(|name| name.as_str() == Some(r#type)) {
        return Err(StructureError::Member {
            member: "type".to_owned(),
            expected: if r#type == "VerifiableCredential" {
                "VerifiableCredential among its names"
            } else {
                "VerifiablePresentation among its names"
            },
        });
    }
    if let Some(id) = document.get("id") {
        url("id", id)?;
    }
    check_terms(document, &defined, Place::Top)?;
    Ok(version)
}

/// `issuer`: an address, or an object with one as id.
pub(super) fn issuer(document: &Map<String, Value>) -> Result<String, StructureError> {
    let issuer = document
        .get("issuer")
        .ok_or(StructureError::Missing("issuer"))?;
    let id = match issuer {
        Value::Object(object) => object
            .get("id")
            .ok_or(StructureError::Missing("issuer.id"))?,
        other => other,
    };
    url("issuer", id).map(str::to_owned)
}

/// `credentialSubject`: objects that say something.
pub(super) fn subjects(document: &Map<String, Value>) -> Result<(), StructureError> {
    let subjects = document
        .get("credentialSubject")
        .ok_or(StructureError::Missing("credentialSubject"))?;
    for subject in each(Some(subjects)) {
        let subject = subject.as_object().ok_or(StructureError::Member {
            member: "credentialSubject".to_owned(),
            expected: "one object or several",
        })?;
        if let Some(id) = subject.get("id") {
            url("credentialSubject.id", id)?;
        }
        if !subject
            .keys()
            .any(|name| name != "id" && name != "@context")
            && !subject.contains_key("id")
        {
            return Err(StructureError::Empty("credentialSubject".to_owned()));
        }
    }
    Ok(())
}

/// Entries that need a type, and some an id.
pub(super) fn typed(
    document: &Map<String, Value>,
    member: &'static str,
    version: Version,
) -> Result<(), StructureError> {
    let needs_id = match member {
        "credentialStatus" => version == Version::V1_1,
        "credentialSchema" => true,
        "refreshService" => version == Version::V1_1,
        _ => false,
    };
    let wrong = |expected| StructureError::Member {
        member: member.to_owned(),
        expected,
    };
    for entry in each(document.get(member)) {
        let entry = entry.as_object().ok_or(wrong("one object or several"))?;
        if !each(entry.get("type")).any(Value::is_string) {
            return Err(wrong("objects with a type"));
        }
        match entry.get("id") {
            Some(id) => {
                url(member, id)?;
            }
            None if needs_id => return Err(wrong("objects with an id")),
            None => {}
        }
    }
    Ok(())
}

/// `name` and `description`: a text, or texts with languages.
pub(super) fn texts(document: &Map<String, Value>) -> Result<(), StructureError> {
    for member in ["name", "description"] {
        for text in each(document.get(member)) {
            let languages = |object: &Map<String, Value>| {
                object.contains_key("@value")
                    && object
                        .keys()
                        .all(|name| ["@value", "@language", "@direction"].contains(&name.as_str()))
            };
            if !text.is_string() && !text.as_object().is_some_and(languages) {
                return Err(StructureError::Member {
                    member: member.to_owned(),
                    expected: "a text, or objects of @value, @language and @direction",
                });
            }
        }
    }
    Ok(())
}

/// Members of the other version, or of presentations.
pub(super) fn absent(
    document: &Map<String, Value>,
    members: &[&str],
) -> Result<(), StructureError> {
    match members.iter().find(|name| document.contains_key(**name)) {
        Some(name) => Err(StructureError::Member {
            member: (*name).to_owned(),
            expected: "left out: it belongs to another version or to presentations",
        }),
        None => Ok(()),
    }
}

/// A date, if there is one.
pub(super) fn date(
    document: &Map<String, Value>,
    member: &'static str,
) -> Result<Option<Seconds>, StructureError> {
    let Some(value) = document.get(member) else {
        return Ok(None);
    };
    let text = value.as_str().ok_or(StructureError::Member {
        member: member.to_owned(),
        expected: "a date",
    })?;
    Seconds::parse(text)
        .map(Some)
        .map_err(|reason| StructureError::Date { member, reason })
}

/// An absolute URL or URN.
fn url<'a>(member: &str, value: &'a Value) -> Result<&'a str, StructureError> {
    let is_url = |text: &str| {
        let scheme = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphabetic())
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        text.split_once(':')
            .is_some_and(|(name, rest)| scheme(name) && !rest.is_empty())
            && !text.contains(|c: char| {
                c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c)
            })
    };
    value
        .as_str()
        .filter(|text| is_url(text))
        .ok_or_else(|| StructureError::Member {
            member: short(member),
            expected: URL,
        })
}
