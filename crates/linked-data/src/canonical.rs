//! Expansion in safe mode and canonicalization.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
    thread,
};

use futures::executor::block_on;
use idos_types::limits::AMBIGUOUS_NODES;
use json_syntax::{Parse as _, Value as Json};
use serde_json::Value;
use ssi_json_ld::{
    CompactJsonLd, Expandable as _, Iri, IriBuf, JsonLdError, LenientLangTag, LoadError, Loader,
    LoadingResult, RemoteDocument, expansion,
};
use ssi_rdf::{
    AnyLdEnvironment as _, LdEnvironment, LexicalQuad,
    urdna2015::{
        BlankNodeComponents as _, IdentifierIssuer, NormalizationState, hash_first_degree_quads,
    },
};
use thiserror::Error;

use crate::{
    contexts::{Edition, context_text, context_urls},
    rdf,
};

/// Why a document has no canonical form here. Each is the fault of whoever made the document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkedDataError {
    /// It names a context that is not bundled.
    #[error("the context {0} is not known: the issuer must use bundled contexts")]
    UnknownContext(String),
    /// A term is defined by none of its contexts.
    #[error("the term {0:?} is defined by no context: the issuer must leave it out or define it")]
    UndefinedTerm(String),
    /// It is not JSON-LD.
    #[error("the document is no valid JSON-LD: {0}")]
    Invalid(String),
    /// Too many of its nodes look the same.
    #[error(
        "{got} nodes without id look the same, at most {max} may: the issuer must give them ids"
    )]
    Ambiguous {
        /// How many.
        got: usize,
        /// The limit.
        max: usize,
    },
    /// It says nothing at all.
    #[error("the document states nothing")]
    Empty,
    /// The operating system gave no thread to read it with.
    #[error("no thread could be started to read the document: the operator must allow more")]
    Thread,
}

/// Whether the processor takes a text for an absolute IRI (RFC 3987). What it does not take for one is
/// an `id` or address that no statement holds.
pub fn is_iri(text: &str) -> bool {
    Iri::new(text).is_ok()
}

/// Whether the processor takes a text for a language tag (RFC 5646). What it does not take for one is in
/// no statement; the text that it was to belong to is.
pub fn is_language(text: &str) -> bool {
    LenientLangTag::new(text).0.is_well_formed()
}

/// Stack in bytes to read a document with. The processor takes about 100 kB for each level of
/// nesting when it is not optimized; whoever calls may have 2 MB only.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// By which hash nodes without id get their order (RDFC-1.0, section 4.3): the suites take that by
/// which they hash the N-Quads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeHash {
    /// What RDFC-1.0 takes unless told otherwise.
    Sha256,
    /// Of suites with keys of P-384.
    Sha384,
}

/// The canonical N-Quads of a document, by JSON-LD 1.1 in safe mode and RDFC-1.0 with SHA-256.
/// Numbers are taken as JavaScript writes them. Nesting and size are the caller's to bound.
pub fn canonical_nquads(document: &Value) -> Result<String, LinkedDataError> {
    canonical_nquads_under(document, Edition::First, NodeHash::Sha256)
}

/// The same under an edition of the contexts, and with another hash.
pub fn canonical_nquads_under(
    document: &Value,
    edition: Edition,
    hash: NodeHash,
) -> Result<String, LinkedDataError> {
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || canonical(document, edition, hash))
            .map_err(|_| LinkedDataError::Thread)?
            .join()
            .map_err(|_| LinkedDataError::Invalid("the processor gave up".to_owned()))?
    })
}

fn canonical(
    document: &Value,
    edition: Edition,
    hash: NodeHash,
) -> Result<String, LinkedDataError> {
    let invalid = |error: &dyn std::fmt::Display| LinkedDataError::Invalid(error.to_string());
    let text = serde_json_canonicalizer::to_string(document).map_err(|e| invalid(&e))?;
    let (json, _) = Json::parse_str(&text).map_err(|e| invalid(&e))?;
    let mut environment = LdEnvironment::default();
    let expanded = block_on(CompactJsonLd(json).expand_with(&mut environment, &Bundled(edition)))
        .map_err(of_json_ld)?;
    let quads = environment
        .quads_of(&expanded)
        .map_err(|error| invalid(&error))?;
    if quads.is_empty() {
        return Err(LinkedDataError::Empty);
    }
    refuse_ambiguous(&quads)?;
    Ok(rdf::canonical(quads, hash))
}

fn of_json_ld(error: JsonLdError) -> LinkedDataError {
    match error {
        JsonLdError::Expansion(expansion::Error::KeyExpansionFailed(key)) => {
            LinkedDataError::UndefinedTerm(key)
        }
        JsonLdError::Expansion(expansion::Error::ContextProcessing(
            ssi_json_ld::context_processing::Error::ContextLoadingFailed(error),
        )) => LinkedDataError::UnknownContext(error.to_string()),
        other => LinkedDataError::Invalid(other.to_string()),
    }
}

/// Nodes without id are told apart by what is said about them directly; those that look the same
/// then are tried in every order, which a hostile document could use to keep us busy for ever.
fn refuse_ambiguous(quads: &[LexicalQuad]) -> Result<(), LinkedDataError> {
    let mut state = NormalizationState {
        blank_node_to_quads: BTreeMap::new(),
        hash_to_blank_nodes: BTreeMap::new(),
        canonical_issuer: IdentifierIssuer::new("_:c14n".to_owned()),
    };
    for quad in quads {
        let quad = quad.as_lexical_quad_ref();
        for node in quad.blank_node_components() {
            state
                .blank_node_to_quads
                .entry(node)
                .or_default()
                .push(quad);
        }
    }
    let nodes: Vec<_> = state.blank_node_to_quads.keys().copied().collect();
    let mut alike: HashMap<String, usize> = HashMap::new();
    for node in nodes {
        *alike
            .entry(hash_first_degree_quads(&mut state, node))
            .or_default() += 1;
    }
    let got = alike.values().filter(|count| **count > 1).sum();
    if got > AMBIGUOUS_NODES {
        return Err(LinkedDataError::Ambiguous {
            got,
            max: AMBIGUOUS_NODES,
        });
    }
    Ok(())
}

/// Gives out the bundled contexts and nothing else.
struct Bundled(Edition);

type Documents = HashMap<&'static str, RemoteDocument>;

fn documents(edition: Edition) -> Documents {
    context_urls()
        .filter_map(|url| {
            let (json, _) = Json::parse_str(context_text(url, edition)?).ok()?;
            let iri = IriBuf::new(url.to_owned()).ok()?;
            Some((url, RemoteDocument::new(Some(iri), None, json)))
        })
        .collect()
}

static FIRST: LazyLock<Documents> = LazyLock::new(|| documents(Edition::First));
static CHANGED: LazyLock<Documents> = LazyLock::new(|| documents(Edition::Changed));

#[derive(Debug, Error)]
#[error("not bundled")]
struct NotBundled;

impl Loader for Bundled {
    async fn load(&self, url: &Iri) -> LoadingResult {
        let documents = match self.0 {
            Edition::First => &FIRST,
            Edition::Changed => &CHANGED,
        };
        documents
            .get(url.as_str())
            .cloned()
            .ok_or_else(|| LoadError::new(url.to_owned(), NotBundled))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{CREDENTIALS_V2, IDOS_KYC};

    fn with(subject: Value) -> Result<String, LinkedDataError> {
        canonical_nquads(&json!({
            "@context": [CREDENTIALS_V2, IDOS_KYC],
            "type": ["VerifiableCredential"],
            "credentialSubject": subject,
        }))
    }

    #[test]
    fn a_document_has_one_form_however_it_is_written() {
        let form = with(json!({"firstName": "Ada", "ageOver18": true})).unwrap();
        assert_eq!(
            form,
            with(json!({"ageOver18": true, "firstName": "Ada"})).unwrap()
        );
        assert!(
            form.contains("<urn:idos:vocabulary:kyc#firstName> \"Ada\""),
            "{form}"
        );
        assert_ne!(
            form,
            with(json!({"familyName": "Ada", "ageOver18": true})).unwrap()
        );
    }

    #[test]
    fn undefined_terms_and_unknown_contexts_are_named() {
        assert_eq!(
            with(json!({"shoeSize": "38"})),
            Err(LinkedDataError::UndefinedTerm("shoeSize".to_owned()))
        );
        let unknown = canonical_nquads(&json!({"@context": ["https://example.com/c"], "x": 1}));
        assert!(
            matches!(&unknown, Err(LinkedDataError::UnknownContext(url)) if url.contains("https://example.com/c")),
            "{unknown:?}"
        );
    }

    #[test]
    fn nodes_that_look_the_same_are_bounded() {
        let same = |count: usize| {
            canonical_nquads(&json!({
                "@context": [CREDENTIALS_V2, "https://www.w3.org/ns/credentials/examples/v2"],
                "type": "VerifiableCredential",
                "credentialSubject": {"friends": vec![json!({"friend": {"name": "x"}}); count]},
            }))
        };
        assert!(same(AMBIGUOUS_NODES / 2).is_ok());
        assert_eq!(
            same(200),
            Err(LinkedDataError::Ambiguous {
                got: 400,
                max: AMBIGUOUS_NODES
            })
        );
    }

    #[test]
    fn the_deepest_document_fits_the_stack() {
        let mut inner = json!({"name": "x"});
        for level in 0..idos_types::limits::CREDENTIAL_DEPTH {
            inner = json!({"friend": inner, "name": level.to_string()});
        }
        inner["@context"] = json!([CREDENTIALS_V2, crate::EXAMPLES_V2]);
        assert!(canonical_nquads(&inner).unwrap().contains("\"31\""));
    }

    /// Who compares ids compares them as they are written.
    #[test]
    fn an_id_has_one_spelling() {
        let form = |id: &str| with(json!({"id": id, "ageOver18": true})).unwrap();
        for other in [
            "HTTPS://x.example/b",
            "https://X.example/b",
            "https://x.example/a/../b",
            "https://x.example:443/b",
            "https://x.example/%62",
        ] {
            assert_ne!(form(other), form("https://x.example/b"), "{other}");
        }
    }

    #[test]
    fn what_is_no_iri_or_language_is_in_no_statement() {
        let form = |id: &str| with(json!({"id": id, "ageOver18": true})).unwrap();
        let without = with(json!({"ageOver18": true})).unwrap();
        for (id, is_one) in [
            ("urn:x", true),
            ("did:key:z6Mk#z6Mk", true),
            ("https://x.example/ä?b=%20#c", true),
            ("a:b#c#d", false),
            ("urn:x%zz", false),
            ("http://[", false),
            ("x", false),
        ] {
            assert_eq!(is_iri(id), is_one, "{id}");
            assert_eq!(form(id) != without, is_one, "{id}");
        }
        for (language, is_one) in [
            ("en", true),
            ("de-CH-1996", true),
            ("q", false),
            ("en-", false),
        ] {
            assert_eq!(is_language(language), is_one, "{language}");
            let named = canonical_nquads(&json!({
                "@context": CREDENTIALS_V2, "type": "VerifiableCredential",
                "name": {"@value": "x", "@language": language},
            }));
            let tagged = format!("\"x\"@{language}");
            assert_eq!(named.unwrap().contains(&tagged), is_one, "{language}");
        }
    }

    /// Canonical N-Quads, section 4.1 of RDF Dataset Canonicalization.
    #[test]
    fn control_characters_are_escaped_as_in_canonical_nquads() {
        let text = "a\u{8}\t\n\u{c}\r\"\\\u{0}\u{1f}\u{7f}\u{80}é";
        let form = with(json!({"firstName": text})).unwrap();
        let escaped = r#""a\b\t\n\f\r\"\\\u0000\u001F\u007F"#.to_owned() + "\u{80}é\"";
        assert!(form.contains(&escaped), "{form}");
    }

    /// Without ids, nodes are named in the order of their hashes.
    #[test]
    fn the_names_of_nodes_without_id_follow_the_hash() {
        let document = json!({
            "@context": [CREDENTIALS_V2, "https://www.w3.org/ns/credentials/examples/v2"],
            "type": "VerifiableCredential",
            "credentialSubject": {"name": "a", "friend": {"name": "b", "friend": {"name": "c"}}},
        });
        let form = |hash| canonical_nquads_under(&document, Edition::First, hash).unwrap();
        let (short, long) = (form(NodeHash::Sha256), form(NodeHash::Sha384));
        assert_ne!(short, long);
        let without_names = |form: &str| {
            let mut lines: Vec<_> = form
                .lines()
                .map(|line| line.replace(|c: char| c.is_ascii_digit(), ""))
                .collect();
            lines.sort();
            lines
        };
        assert_eq!(without_names(&short), without_names(&long));
    }

    #[test]
    fn whole_numbers_are_integers_however_they_are_spelt() {
        let size = |text: &str| {
            let document = format!(
                r#"{{"@context":["{CREDENTIALS_V2}","https://www.w3.org/ns/credentials/examples/v2"],"size":{text}}}"#
            );
            canonical_nquads(&serde_json::from_str(&document).unwrap()).unwrap()
        };
        assert_eq!(size("7.0"), size("7"));
        assert!(size("7").contains("\"7\"^^<http://www.w3.org/2001/XMLSchema#integer>"));
        assert!(size("5.5").contains("\"5.5E0\"^^<http://www.w3.org/2001/XMLSchema#double>"));
    }
}
