//! What the contexts of a document define, and whether values are bound to their fields.
//!
//! An RDF suite signs statements, not members of JSON: two terms that mean the same IRI can be
//! exchanged, and the signature holds. In the contexts listed here every term has an IRI of its
//! own; a test proves it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use idos_linked_data::{
    CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2, ED25519_2020_V1, IDOS_ACHIEVEMENT,
    IDOS_CREDENTIAL, IDOS_KYC, IDOS_PERSONHOOD, IDOS_SOCIAL, IDOS_WALLETS, context, context_urls,
};
use serde_json::{Map, Value};

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
    /// It gives every other name an IRI.
    vocabulary: bool,
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

/// Whether all contexts of a document, inner ones included, bind values to fields.
pub(crate) fn all_bind(document: &Map<String, Value>) -> bool {
    document.iter().all(|(name, value)| {
        if name == "@context" {
            return urls(value)
                .is_some_and(|urls| urls.iter().all(|url| BINDING_CONTEXTS.contains(url)));
        }
        inner_bind(value)
    })
}

fn inner_bind(value: &Value) -> bool {
    match value {
        Value::Object(object) => all_bind(object),
        Value::Array(elements) => elements.iter().all(inner_bind),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use idos_linked_data::{OFFICIAL_SUBJECT_V1, OFFICIAL_SUBJECT_V2};

    use super::*;

    /// The names for each IRI, over all given contexts.
    fn names(urls: &[&'static str]) -> BTreeMap<String, BTreeSet<String>> {
        let mut names = BTreeMap::new();
        for url in urls {
            let definitions = &context(url).unwrap()["@context"];
            note(definitions, &BTreeMap::new(), &mut names);
        }
        names
    }

    fn note(
        definitions: &Value,
        outer: &BTreeMap<String, String>,
        names: &mut BTreeMap<String, BTreeSet<String>>,
    ) {
        let Some(object) = definitions.as_object() else {
            return;
        };
        let mut prefixes = outer.clone();
        for (name, definition) in object {
            if let Some(iri) = definition.as_str() {
                prefixes.insert(name.clone(), iri.to_owned());
            }
        }
        for (name, definition) in object {
            if name.starts_with('@') {
                assert_ne!(name, "@vocab", "a vocabulary gives names that no lint sees");
                continue;
            }
            let iri = definition.as_str().or_else(|| definition["@id"].as_str());
            if let Some(iri) = iri {
                let full = match iri.split_once(':') {
                    Some((prefix, rest)) if prefixes.contains_key(prefix) => {
                        format!("{}{rest}", prefixes[prefix])
                    }
                    _ => iri.to_owned(),
                };
                names.entry(full).or_default().insert(name.clone());
            }
            note(&definition["@context"], &prefixes, names);
        }
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
                "@context": [CREDENTIALS_V2], "credentialSubject": [{"@context": inner}],
            });
            all_bind(document.as_object().unwrap())
        };
        assert!(bind(IDOS_KYC));
        assert!(!bind(OFFICIAL_SUBJECT_V2));
    }
}
