//! Thirty-two bytes of SHA-256.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// Up to so many bytes are put together on the stack and hashed at once, which is cheaper than one
/// after the other: every node of the state tree fits.
const AT_ONCE: usize = 192;

/// A SHA-256 digest; printed and parsed as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// SHA-256 of several parts under a `domain`. Each part is preceded by its length, so that no
    /// two different lists of parts hash the same bytes.
    pub fn of_parts(domain: &str, parts: &[&[u8]]) -> Self {
        if let Some(digest) = Self::of_few(domain, parts) {
            return digest;
        }
        let mut hasher = Sha256::new();
        for (length, part) in delimited(domain, parts) {
            hasher.update(length);
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The same in one go; `None` if the parts are too long for that.
    fn of_few(domain: &str, parts: &[&[u8]]) -> Option<Self> {
        let mut buffer = [0; AT_ONCE];
        let mut free = buffer.as_mut_slice();
        for (length, part) in delimited(domain, parts) {
            for bytes in [length.as_slice(), part] {
                let (place, rest) = free.split_at_mut_checked(bytes.len())?;
                place.copy_from_slice(bytes);
                free = rest;
            }
        }
        let used = AT_ONCE - free.len();
        buffer.get(..used).map(Self::of)
    }

    /// Reads exactly 64 hexadecimal digits, of either case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// The domain and the parts, each with what precedes it.
fn delimited<'p>(
    domain: &'p str,
    parts: &'p [&'p [u8]],
) -> impl Iterator<Item = ([u8; 8], &'p [u8])> {
    std::iter::once(domain.as_bytes())
        .chain(parts.iter().copied())
        .map(|part| ((part.len() as u64).to_le_bytes(), part))
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_delimited() {
        assert_ne!(
            Digest::of_parts("d", &[b"ab", b"c"]),
            Digest::of_parts("d", &[b"a", b"bc"])
        );
    }

    /// Whether they are hashed at once or one after the other shows in nothing.
    #[test]
    fn parts_of_every_length_are_hashed_alike() {
        let bytes = [7; 2 * AT_ONCE];
        for len in 0..=bytes.len() {
            let (whole, _) = bytes.split_at(len);
            let (first, second) = whole.split_at(len / 3);
            let delimited = [
                &6_u64.to_le_bytes(),
                b"domain".as_slice(),
                &(first.len() as u64).to_le_bytes(),
                first,
                &(second.len() as u64).to_le_bytes(),
                second,
            ];
            let expected = Digest::of(&delimited.concat());
            assert_eq!(Digest::of_parts("domain", &[first, second]), expected);
        }
    }

    #[test]
    fn hex_round_trips_and_refuses_other_lengths() {
        let digest = Digest::of(b"x");
        assert_eq!(Digest::from_hex(&digest.to_string()), Some(digest));
        assert_eq!(Digest::from_hex("00"), None);
    }
}
