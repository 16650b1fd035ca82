//! Selective disclosure by `bbs-2023` (W3C vc-di-bbs): the issuer signs every statement of a
//! credential, the holder derives a proof over those they choose to show, and two such proofs cannot
//!  be linked to each other.
//!
//! Documents carry their contexts inline here: the library below knows few contexts by name. What
//! it makes of a document has to be compared with another reading ([`canonical_nquads`]).

mod keys;
mod proofs;

pub use keys::{BbsPublicKey, BbsSecretKey};
pub use proofs::{DisclosureError, canonical_nquads, derive, is_base_proof, sign, verify};
