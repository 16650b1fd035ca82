//! What a JSON-LD document says, as canonical N-Quads (RDFC-1.0): what the RDF suites of Data
//! Integrity sign. Contexts are bundled. The heavy JSON-LD processor stays behind plain functions.

mod canonical;
mod contexts;
mod rdf;

pub use canonical::{
    LinkedDataError, NodeHash, canonical_nquads, canonical_nquads_under, is_iri, is_language,
};
pub use contexts::{
    CREDENTIALS_V1, CREDENTIALS_V2, DATA_INTEGRITY_V2, ED25519_2020_V1, EXAMPLES_V2, Edition,
    IDOS_ACHIEVEMENT, IDOS_CREDENTIAL, IDOS_KYC, IDOS_PERSONHOOD, IDOS_SOCIAL, IDOS_WALLETS,
    OFFICIAL_CREDENTIAL, OFFICIAL_FACE_ID, OFFICIAL_SUBJECT_V1, OFFICIAL_SUBJECT_V2, context,
    context_urls, every_context, published_context,
};
