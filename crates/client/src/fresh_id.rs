//! Ids that clients choose.

use idos_types::Uuid;

/// The bits of a UUID that say its version and its variant.
const FIXED: u128 = (0xf << 76) | (0x3 << 62);
/// Version 4 of the variant of RFC 9562.
const VERSION_4: u128 = (0x4 << 76) | (0x2 << 62);

/// A random id of version 4.
pub fn fresh_id() -> Result<Uuid, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    let random = u128::from_be_bytes(bytes);
    Ok(Uuid::from_u128(random & !FIXED | VERSION_4))
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
}
