//! The contexts that documents may name. They are part of the program: nothing is ever fetched, so
//! nobody can change what a signed document means.

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Value};

/// VC Data Model 1.1.
pub const CREDENTIALS_V1: &str = "https://www.w3.org/2018/credentials/v1";
/// VC Data Model 2.0.
pub const CREDENTIALS_V2: &str = "https://www.w3.org/ns/credentials/v2";
/// What the examples of the specifications use: every term that nothing else defines becomes an
/// IRI of its own.
pub const EXAMPLES_V2: &str = "https://www.w3.org/ns/credentials/examples/v2";
/// Data Integrity proofs, for credentials of VC Data Model 1.1.
pub const DATA_INTEGRITY_V2: &str = "https://w3id.org/security/data-integrity/v2";
/// `Ed25519Signature2020`.
pub const ED25519_2020_V1: &str = "https://w3id.org/security/suites/ed25519-2020/v1";
/// Our credentials: types, level.
pub const IDOS_CREDENTIAL: &str = "urn:idos:context:credential:v1";
/// Our fields about an identified person.
pub const IDOS_KYC: &str = "urn:idos:context:kyc:v1";
/// Our fields about proof of personhood.
pub const IDOS_PERSONHOOD: &str = "urn:idos:context:personhood:v1";
/// Our fields about linked wallets.
pub const IDOS_WALLETS: &str = "urn:idos:context:wallets:v1";
/// Our fields about accounts of social networks.
pub const IDOS_SOCIAL: &str = "urn:idos:context:social:v1";
/// Our fields about achievements.
pub const IDOS_ACHIEVEMENT: &str = "urn:idos:context:achievement:v1";
/// The official SDK's: level.
pub const OFFICIAL_CREDENTIAL: &str =
    "https://idos-network.github.io/idos-sdk-js/credentials/idos-credentials-v1.json";
/// The official SDK's subject, first version.
pub const OFFICIAL_SUBJECT_V1: &str =
    "https://idos-network.github.io/idos-sdk-js/credentials/idos-credential-subject-v1.json";
/// The official SDK's subject, second version.
pub const OFFICIAL_SUBJECT_V2: &str =
    "https://idos-network.github.io/idos-sdk-js/credentials/idos-credential-subject-v2.json";
/// The official SDK's subject of a face sign id.
pub const OFFICIAL_FACE_ID: &str = "https://idos-network.github.io/idos-sdk-js/credentials/idos-credential-subject-face-id-v1.json";

/// Every known context with its text.
const CONTEXTS: [(&str, &str); 15] = [
    (CREDENTIALS_V1, ssi_contexts::CREDENTIALS_V1),
    // The library's says the same in other lines; digests are of the bytes.
    (
        CREDENTIALS_V2,
        include_str!("../contexts/w3c/credentials-v2.jsonld"),
    ),
    (EXAMPLES_V2, ssi_contexts::CREDENTIALS_EXAMPLES_V2),
    (DATA_INTEGRITY_V2, ssi_contexts::W3ID_DATA_INTEGRITY_V2),
    (ED25519_2020_V1, ssi_contexts::W3ID_ED2020_V1),
    (
        IDOS_CREDENTIAL,
        include_str!("../contexts/credential-v1.json"),
    ),
    (IDOS_KYC, include_str!("../contexts/kyc-v1.json")),
    (
        IDOS_PERSONHOOD,
        include_str!("../contexts/personhood-v1.json"),
    ),
    (IDOS_WALLETS, include_str!("../contexts/wallets-v1.json")),
    (IDOS_SOCIAL, include_str!("../contexts/social-v1.json")),
    (
        IDOS_ACHIEVEMENT,
        include_str!("../contexts/achievement-v1.json"),
    ),
    (
        OFFICIAL_CREDENTIAL,
        include_str!("../contexts/official/idos-credentials-v1.json"),
    ),
    (
        OFFICIAL_SUBJECT_V1,
        include_str!("../contexts/official/idos-credential-subject-v1.json"),
    ),
    (
        OFFICIAL_SUBJECT_V2,
        include_str!("../contexts/official/idos-credential-subject-v2.json"),
    ),
    (
        OFFICIAL_FACE_ID,
        include_str!("../contexts/official/idos-credential-subject-face-id-v1.json"),
    ),
];

/// A context whose publisher put another text at the same address.
const CHANGED: (&str, &str) = (
    OFFICIAL_CREDENTIAL,
    include_str!("../contexts/official/idos-credentials-v1-changed.json"),
);

/// Which text counts where a publisher changed a context in place: what was signed under one does not
/// verify under the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edition {
    /// The first one, which the published packages of the official SDK sign and verify with.
    First,
    /// The one that is in their repository since.
    Changed,
}

impl Edition {
    /// Those under which a document has to be read: only the first, if it names no context that was
    /// changed, whichever part of it.
    pub fn of(document: &Map<String, Value>) -> &'static [Self] {
        if document.values().any(names_changed) {
            &[Self::First, Self::Changed]
        } else {
            &[Self::First]
        }
    }
}

/// Whether the context that was changed is named anywhere: presentations hold whole credentials.
fn names_changed(value: &Value) -> bool {
    match value {
        Value::String(text) => text == CHANGED.0,
        Value::Array(elements) => elements.iter().any(names_changed),
        Value::Object(members) => members.values().any(names_changed),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Parsed once; a test proves that every text parses.
static PARSED: LazyLock<HashMap<&'static str, Value>> = LazyLock::new(|| {
    CONTEXTS
        .iter()
        .filter_map(|(url, text)| Some((*url, serde_json::from_str(text).ok()?)))
        .collect()
});

static PARSED_CHANGED: LazyLock<Option<Value>> =
    LazyLock::new(|| serde_json::from_str(CHANGED.1).ok());

/// The addresses of all known contexts.
pub fn context_urls() -> impl Iterator<Item = &'static str> {
    CONTEXTS.iter().map(|(url, _)| *url)
}

/// The documents of all known contexts, in every edition.
pub fn every_context() -> impl Iterator<Item = &'static Value> {
    PARSED.values().chain(PARSED_CHANGED.as_ref())
}

/// The document of a known context, with its `@context` member; none if it is not known.
pub fn context(url: &str) -> Option<&'static Value> {
    PARSED.get(url)
}

/// The text of a known context.
pub(crate) fn context_text(url: &str, edition: Edition) -> Option<&'static str> {
    if edition == Edition::Changed && url == CHANGED.0 {
        return Some(CHANGED.1);
    }
    CONTEXTS
        .iter()
        .find(|(known, _)| *known == url)
        .map(|(_, text)| *text)
}

/// The text of a known context, byte for byte as its publisher gives it out; none if it is not known
/// or the text here has other line breaks.
pub fn published_context(url: &str) -> Option<&'static str> {
    let ours = url.starts_with("urn:idos:");
    context_text(url, Edition::First)
        .filter(|_| ours || [CREDENTIALS_V1, CREDENTIALS_V2].contains(&url))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_base_contexts_are_those_of_the_specifications() {
        for (url, digest) in [
            (
                // VC Data Model 1.1, appendix B.1.
                CREDENTIALS_V1,
                "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
            ),
            (
                // VC Data Model 2.0, appendix B.1.
                CREDENTIALS_V2,
                "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
            ),
        ] {
            let text = published_context(url).unwrap();
            assert_eq!(hex::encode(Sha256::digest(text)), digest, "{url}");
        }
        assert_eq!(published_context(DATA_INTEGRITY_V2), None);
    }

    #[test]
    fn a_context_that_was_changed_has_two_editions() {
        let of = |document: Value| Edition::of(document.as_object().unwrap()).len();
        assert_eq!(of(json!({})), 1);
        assert_eq!(
            of(json!({"@context": [CREDENTIALS_V1, OFFICIAL_SUBJECT_V2]})),
            1
        );
        let official = json!({"@context": [CREDENTIALS_V1, OFFICIAL_CREDENTIAL]});
        assert_eq!(of(official.clone()), 2);
        assert_eq!(of(json!({"@context": OFFICIAL_CREDENTIAL})), 2);
        let presentation =
            json!({"@context": [CREDENTIALS_V2], "verifiableCredential": [official]});
        assert_eq!(of(presentation), 2);
        assert_eq!(every_context().count(), CONTEXTS.len() + 1);
        let text = |edition| context_text(OFFICIAL_CREDENTIAL, edition).unwrap();
        assert!(text(Edition::First).contains(r#""approvedAt": "xsd:date""#));
        assert!(text(Edition::Changed).contains(r#""approvedAt": "xsd:dateTime""#));
    }

    #[test]
    fn every_context_parses() {
        for url in context_urls() {
            assert!(context(url).unwrap()["@context"].is_object(), "{url}");
        }
        assert_eq!(PARSED.len(), CONTEXTS.len());
    }
}
