//! Each member of a credential.

use idos_linked_data::{is_iri, is_language};
use serde_json::{Map, Value};

use super::{StructureError, Version, check_terms, defined, each};
use crate::{
    dates::Seconds,
    did::short,
    terms::{is_spelt_out, urls},
};

pub(super) const URL: &str = "an absolute URL";

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
        return Err(wrong("type", "one name or several"));
    }
    if !each(Some(types)).any(|name| name.as_str() == Some(r#type)) {
        let expected = if r#type == "VerifiableCredential" {
            "VerifiableCredential among its names"
        } else {
            "VerifiablePresentation among its names"
        };
        return Err(wrong("type", expected));
    }
    check_terms(document, &defined, true)?;
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
        let subject = subject
            .as_object()
            .ok_or_else(|| wrong("credentialSubject", "one object or several"))?;
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
    for entry in each(document.get(member)) {
        let entry = entry
            .as_object()
            .ok_or_else(|| wrong(member, "one object or several"))?;
        if !each(entry.get("type")).any(Value::is_string) {
            return Err(wrong(member, "objects with a type"));
        }
        if needs_id && !entry.contains_key("id") {
            return Err(wrong(member, "objects with an id"));
        }
    }
    Ok(())
}

/// A text with its language, as `name` and `description` may have: `@value`, `@language`,
/// `@direction`. What has another form a reader of JSON-LD drops, and an RDF suite does not sign.
pub(super) fn text_with_language(
    member: &str,
    object: &Map<String, Value>,
) -> Result<(), StructureError> {
    if !object.contains_key("@value") {
        return Err(wrong(member, "a text, or texts with their languages"));
    }
    for (name, value) in object {
        let text = value.as_str().ok_or_else(|| wrong(name, "a text"))?;
        let (is_right, expected) = match name.as_str() {
            "@value" => (true, ""),
            "@language" => (is_language(text), "a language as BCP 47 names it"),
            "@direction" => (["ltr", "rtl"].contains(&text), "ltr or rtl"),
            _ => (
                false,
                "left out beside a text, its @language and @direction",
            ),
        };
        if !is_right {
            return Err(wrong(&short(name), expected));
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
        Some(name) => {
            let expected = "left out: it belongs to another version or to presentations";
            Err(wrong(name, expected))
        }
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
    let text = value.as_str().ok_or_else(|| wrong(member, "a date"))?;
    Seconds::parse(text)
        .map(Some)
        .map_err(|reason| StructureError::Date { member, reason })
}

/// An absolute URL or URN.
pub(super) fn url<'a>(member: &str, value: &'a Value) -> Result<&'a str, StructureError> {
    let text = value.as_str().filter(|text| is_spelt_out(text));
    text.ok_or_else(|| wrong(&short(member), URL))
}

/// Whether a text is an absolute URL or URN: one that the processor of JSON-LD takes for one, since it
/// drops any other, and that says more than its scheme.
pub(crate) fn is_url(text: &str) -> bool {
    is_iri(text)
        && text
            .split_once(':')
            .is_some_and(|(_, rest)| !rest.is_empty())
        && !text.contains(char::is_whitespace)
}

/// A member has a form that is not allowed.
pub(super) fn wrong(member: &str, expected: &'static str) -> StructureError {
    StructureError::Member {
        member: member.to_owned(),
        expected,
    }
}
