//! Ids that clients choose.

use idos_types::{Digest, Uuid};

/// The bits of a UUID that say its version and its variant.
const FIXED: u128 = (0xf << 76) | (0x3 << 62);
/// Version 4 of the variant of RFC 9562.
const VERSION_4: u128 = (0x4 << 76) | (0x2 << 62);

/// A random id of version 4.
pub fn fresh_id() -> Result<Uuid, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(version_4(bytes))
}

/// The id of version 4 that a digest gives: whoever has the digest finds the same id again. Of what
/// others could guess, the digest has to be keyed.
pub fn derived_id(digest: &Digest) -> Uuid {
    let mut bytes = [0; 16];
    for (byte, of_digest) in bytes.iter_mut().zip(digest.0) {
        *byte = of_digest;
    }
    version_4(bytes)
}

fn version_4(bytes: [u8; 16]) -> Uuid {
    Uuid::from_u128(u128::from_be_bytes(bytes) & !FIXED | VERSION_4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_4_and_differ() {
        let (one, other) = (fresh_id().unwrap(), fresh_id().unwrap());
        assert_eq!(one.get_version_num(), 4);
        assert_eq!(one.get_variant(), Uuid::new_v4().get_variant());
        assert_ne!(one, other);
    }

    #[test]
    fn a_digest_gives_one_id_and_another_another() {
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        assert_eq!(derived_id(&one), derived_id(&one));
        assert_ne!(derived_id(&one), derived_id(&other));
        assert_eq!(derived_id(&one).get_version_num(), 4);
    }
}
