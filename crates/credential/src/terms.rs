//! What the contexts of a document define, and whether values are bound to their fields.
//!
//! An RDF suite signs statements, not members of JSON: two terms that mean the same IRI can be
//! exchanged, and the signature holds. In the contexts listed here every term has an IRI of its
//! own; a test proves it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

use idos_linked_data::{
    CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2, ED25519_2020_V1, IDOS_ACHIEVEMENT,
    IDOS_CREDENTIAL, IDOS_KYC, IDOS_PERSONHOOD, IDOS_SOCIAL, IDOS_WALLETS, context, context_urls,
    every_context,
};
use serde_json::{Map, Value};

use crate::structure::{is_each_in_one_place, is_url};

/// The contexts under which an RDF suite binds every value to its field.
pub const BINDING_CONTEXTS: [&str; 10] = [
    CREDENTIALS_V1,
    CREDENTIALS_V2,
    DATA_INTEGRITY_V2,
    ED25519_2020_V1,
    IDOS_CREDENTIAL,
    IDOS_KYC,
    IDOS_PERSONHOOD,
    IDOS_WALLETS,
    IDOS_SOCIAL,
    IDOS_ACHIEVEMENT,
];

/// What one context defines, scoped contexts included.
#[derive(Default)]
pub(crate) struct Terms {
    names: BTreeSet<String>,
    /// Those whose texts are addresses of things.
    links: BTreeSet<String>,
    /// It gives every other name an IRI.
    vocabulary: bool,
}

/// What all known contexts together give names to.
struct Meanings {
    iris: BTreeSet<String>,
    /// Names that could be the prefix of a compact IRI.
    names: BTreeSet<String>,
    vocabularies: Vec<String>,
}

static MEANINGS: LazyLock<Meanings> = LazyLock::new(|| {
    let mut meanings = Meanings {
        iris: BTreeSet::new(),
        names: BTreeSet::new(),
        vocabularies: Vec::new(),
    };
    for definitions in every_context().filter_map(|document| document.get("@context")) {
        each_meaning(
            definitions,
            &BTreeMap::new(),
            &mut |meaning| match meaning {
                Meaning::Term(name, iri) => {
                    meanings.names.insert(name.to_owned());
                    meanings.iris.insert(iri);
                }
                Meaning::Vocabulary(iri) => meanings.vocabularies.push(iri.to_owned()),
            },
        );
    }
    meanings
});

/// One definition of a context.
enum Meaning<'a> {
    /// A name and the full IRI that it stands for.
    Term(&'a str, String),
    /// What every other name is put behind.
    Vocabulary(&'a str),
}

/// Hands over each definition of a context, scoped contexts included.
fn each_meaning<'a>(
    definitions: &'a Value,
    outer: &BTreeMap<&'a str, &'a str>,
    note: &mut impl FnMut(Meaning<'a>),
) {
    let Some(object) = definitions.as_object() else {
        return;
    };
    let iri = |definition: &'a Value| {
        definition
            .as_str()
            .or_else(|| definition.get("@id")?.as_str())
    };
    let mut prefixes = outer.clone();
    for (name, definition) in object {
        if let Some(iri) = iri(definition) {
            prefixes.insert(name, iri);
        }
    }
    for (name, definition) in object {
        if name == "@vocab"
            && let Some(iri) = definition.as_str()
        {
            note(Meaning::Vocabulary(iri));
        }
        if name.starts_with('@') {
            continue;
        }
        if let Some(iri) = iri(definition) {
            let full = iri
                .split_once(':')
                .and_then(|(prefix, rest)| Some(format!("{}{rest}", prefixes.get(prefix)?)))
                .unwrap_or_else(|| iri.to_owned());
            note(Meaning::Term(name, full));
        }
        if let Some(scoped) = definition.get("@context") {
            each_meaning(scoped, &prefixes, note);
        }
    }
}

/// Whether a text is an absolute URL and, its scheme being no name of a known context, no short form of
/// another. Two spellings of one `id` would be the same to an RDF suite, and two to a program.
pub(crate) fn is_spelt_out(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    is_url(text) && !MEANINGS.names.contains(scheme)
}

/// Whether a type is an absolute URL that nothing else can stand for: no known context has a term or
/// a vocabulary for it, and its scheme is no prefix. An RDF suite does not notice when such a URL is
/// exchanged for the term, or the term for it.
pub(crate) fn stands_for_itself(r#type: &str) -> bool {
    let meanings = &*MEANINGS;
    is_spelt_out(r#type)
        && !meanings.iris.contains(r#type)
        && !meanings
            .vocabularies
            .iter()
            .any(|vocabulary| r#type.starts_with(vocabulary.as_str()))
}

static TERMS: LazyLock<HashMap<&'static str, Terms>> = LazyLock::new(|| {
    context_urls()
        .map(|url| {
            let mut terms = Terms::default();
            if let Some(definitions) = context(url).and_then(|document| document.get("@context")) {
                collect(definitions, &mut terms);
            }
            (url, terms)
        })
        .collect()
});

fn collect(definitions: &Value, terms: &mut Terms) {
    let Some(definitions) = definitions.as_object() else {
        return;
    };
    for (name, definition) in definitions {
        if name == "@vocab" {
            terms.vocabulary = true;
        } else if !name.starts_with('@') {
            terms.names.insert(name.clone());
            let kind = definition.get("@type").and_then(Value::as_str);
            if definition.as_str() == Some("@id") || kind == Some("@id") {
                terms.links.insert(name.clone());
            }
            if let Some(scoped) = definition.get("@context") {
                collect(scoped, terms);
            }
        }
    }
}

/// The terms that a list of contexts defines.
pub(crate) struct Defined(Vec<&'static Terms>);

impl Defined {
    /// Of known contexts; the first unknown one otherwise.
    pub(crate) fn by<'a>(urls: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        urls.into_iter()
            .map(|url| TERMS.get(url).ok_or(url))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether this name means something.
    pub(crate) fn defines(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|terms| terms.vocabulary || terms.names.contains(name))
    }

    /// Whether the texts of this member are addresses.
    pub(crate) fn links(&self, name: &str) -> bool {
        self.0.iter().any(|terms| terms.links.contains(name))
    }

    /// With further contexts of an inner object.
    pub(crate) fn and(&self, more: Self) -> Self {
        Self(self.0.iter().copied().chain(more.0).collect())
    }
}

/// The addresses in a `@context`: one text or a list of texts; none if anything else is in it.
pub(crate) fn urls(context: &Value) -> Option<Vec<&str>> {
    match context {
        Value::String(url) => Some(vec![url]),
        Value::Array(entries) => entries.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Members that are read alike with a list of one and without a list.
const FREE_LISTS: [&str; 3] = ["@context", "type", "proof"];

/// Whether every value of a document is bound to its field: by all contexts, inner ones included, and
/// as it is written. Three things are in no statement, and whoever likes may add or change them: the
/// direction of a text, an object around a text that says nothing else, and a list around one value.
/// And what is said about one thing may be said wherever the thing is named.
pub(crate) fn all_bind(document: &Map<String, Value>) -> bool {
    is_each_in_one_place(document) && binds(document)
}

fn binds(document: &Map<String, Value>) -> bool {
    if document.contains_key("@direction")
        || document.contains_key("@value") && !document.contains_key("@language")
    {
        return false;
    }
    document.iter().all(|(name, value)| match value {
        _ if name == "@context" => {
            urls(value).is_some_and(|urls| urls.iter().all(|url| BINDING_CONTEXTS.contains(url)))
        }
        Value::Array(elements) => {
            (FREE_LISTS.contains(&name.as_str()) || is_needed(elements))
                && elements.iter().all(inner_binds)
        }
        value => inner_binds(value),
    })
}

fn inner_binds(value: &Value) -> bool {
    match value {
        Value::Object(object) => binds(object),
        // A list in a list is the same as its elements.
        Value::Array(_) => false,
        _ => true,
    }
}

/// Whether a list holds two values or more, none of them twice: one value alone can be made a list
/// by repeating it.
fn is_needed(elements: &[Value]) -> bool {
    let mut said = BTreeSet::new();
    elements.len() > 1
        && elements
            .iter()
            .all(|element| statement(element).is_none_or(|text| said.insert(text)))
}

/// What a statement has of a value, or of the thing that it is about; nothing of a thing without id,
/// which is another one each time.
fn statement(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // However it is written: 5 and 5.0, and no zero but one.
        Value::Number(number) => number.as_f64().map(|number| (number + 0.0).to_string()),
        Value::Object(object) => match object.get("id").and_then(Value::as_str) {
            Some(id) => Some(id.to_owned()),
            None => object.contains_key("@value").then(|| value.to_string()),
        },
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use idos_linked_data::{OFFICIAL_SUBJECT_V1, OFFICIAL_SUBJECT_V2};

    use super::*;

    /// The names for each IRI, over all given contexts.
    fn names(urls: &[&'static str]) -> BTreeMap<String, BTreeSet<String>> {
        let mut names: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for url in urls {
            let definitions = &context(url).unwrap()["@context"];
            each_meaning(
                definitions,
                &BTreeMap::new(),
                &mut |meaning| match meaning {
                    Meaning::Term(name, iri) => {
                        names.entry(iri).or_default().insert(name.to_owned());
                    }
                    Meaning::Vocabulary(iri) => panic!("{iri} gives names that no lint sees"),
                },
            );
        }
        names
    }

    fn shared(urls: &[&'static str]) -> Vec<(String, BTreeSet<String>)> {
        names(urls)
            .into_iter()
            .filter(|(_, names)| names.len() > 1)
            .collect()
    }

    #[test]
    fn no_two_terms_of_binding_contexts_share_an_iri() {
        assert_eq!(shared(&BINDING_CONTEXTS), Vec::new());
    }

    #[test]
    fn the_lint_finds_what_is_wrong_with_the_official_contexts() {
        for url in [OFFICIAL_SUBJECT_V1, OFFICIAL_SUBJECT_V2] {
            let found = shared(&[url]);
            let strings = found
                .iter()
                .find(|(iri, _)| iri == "http://www.w3.org/2001/XMLSchema#string");
            assert!(strings.unwrap().1.contains("firstName"));
            assert!(!BINDING_CONTEXTS.contains(&url));
        }
    }

    #[test]
    fn only_what_no_context_names_stands_for_itself() {
        for url in ["https://example.org/#Alumni", "urn:example:alumni", "x:y"] {
            assert!(stands_for_itself(url), "{url}");
        }
        for (other, why) in [
            ("Alumni", "it is a term"),
            ("", "it is nothing"),
            ("https ://example.org/#Alumni", "it is no URL"),
            (
                "https://www.w3.org/2018/credentials#VerifiableCredential",
                "it has a term in the base context",
            ),
            (
                "urn:idos:vocabulary:credential#IdosKycCredential",
                "it has a term in one of ours",
            ),
            (
                "https://www.w3.org/ns/credentials/examples#Alumni",
                "it is in a vocabulary",
            ),
            ("name:Alumni", "its scheme is a term"),
            (
                "xsd:string",
                "its scheme is a prefix of an official context",
            ),
        ] {
            assert!(!stands_for_itself(other), "{other}: {why}");
        }
    }

    #[test]
    fn no_scheme_in_use_is_the_name_of_a_term() {
        for scheme in [
            "http", "https", "urn", "did", "data", "mailto", "tel", "ipfs", "ipns", "ni", "tag",
            "geo",
        ] {
            assert!(is_spelt_out(&format!("{scheme}:x")), "{scheme}");
        }
    }

    #[test]
    fn our_terms_are_protected() {
        for url in BINDING_CONTEXTS
            .iter()
            .filter(|url| url.starts_with("urn:idos:"))
        {
            assert_eq!(
                context(url).unwrap()["@context"]["@protected"],
                true,
                "{url}"
            );
        }
    }

    #[test]
    fn inner_contexts_count() {
        let bind = |inner: &str| {
            let document = serde_json::json!({
                "@context": [CREDENTIALS_V2], "credentialSubject": {"@context": inner},
            });
            all_bind(document.as_object().unwrap())
        };
        assert!(bind(IDOS_KYC));
        assert!(!bind(OFFICIAL_SUBJECT_V2));
    }

    #[test]
    fn nobody_signs_a_direction() {
        let bind = |name: Value| {
            let document = serde_json::json!({"@context": [CREDENTIALS_V2], "name": name});
            all_bind(document.as_object().unwrap())
        };
        let text = serde_json::json!({"@value": "x", "@language": "ar"});
        assert!(bind(text.clone()));
        let mut directed = text;
        directed["@direction"] = "rtl".into();
        assert!(!bind(directed));
        assert!(!bind(serde_json::json!({"@value": "x"})));
    }

    #[test]
    fn a_list_that_one_value_could_be_made_into_does_not_bind() {
        let bind = |list: Value| {
            let document = serde_json::json!({
                "@context": [CREDENTIALS_V2], "type": ["VerifiableCredential"],
                "credentialSubject": {"nationality": list},
            });
            all_bind(document.as_object().unwrap())
        };
        for one in [
            serde_json::json!([false]),
            serde_json::json!([false, false]),
            serde_json::json!([5, 5.0]),
            serde_json::json!([0, -0.0]),
            serde_json::json!([["a", "b"]]),
            serde_json::json!([{"a": 1}]),
            serde_json::json!([{"id": "urn:a", "a": 1}, {"id": "urn:a"}]),
            serde_json::json!(["urn:a", {"id": "urn:a"}]),
        ] {
            assert!(!bind(one.clone()), "{one}");
        }
        for several in [
            serde_json::json!([false, true]),
            serde_json::json!(["a", "b"]),
            serde_json::json!([{"a": 1}, {"a": 1}]),
            serde_json::json!([{"id": "urn:a"}, {"id": "urn:b"}]),
        ] {
            assert!(bind(several.clone()), "{several}");
        }
    }
}
