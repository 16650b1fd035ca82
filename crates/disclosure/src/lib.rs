//! Selective disclosure by `bbs-2023` (W3C vc-di-bbs): the issuer signs every statement of a
//! credential, the holder derives a proof over those they choose to show, and of two such proofs nobody
//! can tell by the signature whether they are of one credential. What they show can tell: ids, a status
//! entry, dates to the second, and how many statements are kept back.
//!
//! Documents carry their contexts inline here: the library below knows few contexts by name. What
//! it makes of a document has to be compared with another reading ([`canonical_nquads`]).

mod keys;
mod pointers;
mod proofs;
mod shape;

pub use keys::{BbsPublicKey, BbsSecretKey};
pub use pointers::PointersError;
pub use proofs::{DisclosureError, canonical_nquads, derive, is_base_proof, sign, verify};
