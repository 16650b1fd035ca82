//! The first bits of keys: where in the tree a subtree lies.

use std::fmt;

use crate::key::LeafKey;

/// The first bits of a key, at most all 512; the bits behind them are zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    key: LeafKey,
    bits: u16,
}

impl Prefix {
    /// How many bits of a key name the list.
    pub const LIST_BITS: u16 = 256;
    /// The prefix of every key.
    pub const EMPTY: Self = Self {
        key: LeafKey([0; LeafKey::BYTES]),
        bits: 0,
    };

    /// The first `bits` bits of `key`, all of them if there are no more.
    pub(crate) fn new(mut key: [u8; LeafKey::BYTES], bits: u16) -> Self {
        let bits = bits.min(LeafKey::BITS);
        let (_, behind) = key.split_at_mut(usize::from(bits / 8));
        if let Some((first, rest)) = behind.split_first_mut() {
            let [_, mask] = (0xff00_u16 >> (bits % 8)).to_be_bytes();
            *first &= mask;
            rest.fill(0);
        }
        Self {
            key: LeafKey(key),
            bits,
        }
    }

    /// A prefix of `bits` bits from its bytes: exactly as many as those bits need, with zeros
    /// behind them. Nothing else is a prefix.
    pub fn from_bytes(bytes: &[u8], bits: u16) -> Option<Self> {
        Self::EMPTY.with_rest(bytes, bits)
    }

    /// A prefix of `bits` bits from what is behind the whole bytes that it shares with this one, in
    /// the encoding of [`Prefix::from_bytes`].
    pub(crate) fn with_rest(&self, rest: &[u8], bits: u16) -> Option<Self> {
        let mut key = self.key.0;
        let place = key.get_mut(usize::from(self.bits / 8)..usize::from(bits.div_ceil(8)))?;
        if place.len() != rest.len() {
            return None;
        }
        place.copy_from_slice(rest);
        let prefix = Self::new(key, bits);
        (prefix.key.0 == key).then_some(prefix)
    }

    /// Its length in bits.
    pub fn bits(&self) -> u16 {
        self.bits
    }

    /// Its bytes: as many as its bits need; unused bits of the last are zero.
    pub fn bytes(&self) -> &[u8] {
        let needed = usize::from(self.bits.div_ceil(8));
        self.key.0.get(..needed).unwrap_or_default()
    }

    /// The smallest key that begins with it.
    pub(crate) fn first_key(&self) -> LeafKey {
        self.key
    }

    /// Whether `key` begins with it.
    pub fn contains(&self, key: &LeafKey) -> bool {
        self.key.common_bits(key) >= self.bits
    }

    /// Whether `other` begins with it, or is it.
    pub fn covers(&self, other: &Self) -> bool {
        self.bits <= other.bits && self.contains(&other.key)
    }

    /// How many bits both have in common from the left.
    pub(crate) fn common_bits(&self, other: &Self) -> u16 {
        let bits = self.key.common_bits(&other.key);
        bits.min(self.bits).min(other.bits)
    }

    /// Its first `bits` bits, all of them if there are no more.
    pub fn truncated(&self, bits: u16) -> Self {
        Self::new(self.key.0, bits.min(self.bits))
    }

    /// It with some bits of `nibble` behind, which takes the next four: the first `more` of them, the
    /// others are zero. Its length is a multiple of four; a whole key stays what it is.
    pub(crate) fn with_nibble(&self, nibble: u8, more: u16) -> Self {
        let mut key = self.key.0;
        let Some(byte) = key.get_mut(usize::from(self.bits / 8)) else {
            return *self;
        };
        *byte |= if self.bits.is_multiple_of(8) {
            nibble << 4
        } else {
            nibble
        };
        Self {
            key: LeafKey(key),
            bits: self.bits + more,
        }
    }

    /// It with one more bit behind; `None` if it is a whole key.
    pub fn child(&self, right: bool) -> Option<Self> {
        let mut key = self.key.0;
        let byte = key.get_mut(usize::from(self.bits / 8))?;
        if right {
            *byte |= 0x80 >> (self.bits % 8);
        }
        Some(Self {
            key: LeafKey(key),
            bits: self.bits + 1,
        })
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prefix(")?;
        for byte in self.bytes() {
            write!(f, "{byte:02x}")?;
        }
        write!(f, "/{})", self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: LeafKey = LeafKey([0xff; 64]);

    #[test]
    fn bits_behind_a_prefix_are_zero() {
        let prefix = KEY.prefix(11);
        assert_eq!(prefix.bytes(), [0xff, 0xe0]);
        assert_eq!(KEY.prefix(8).bytes(), [0xff]);
        assert_eq!(KEY.prefix(0), Prefix::EMPTY);
        assert_eq!(KEY.prefix(600).bits(), 512);
        assert_eq!(prefix.truncated(600), prefix);
    }

    #[test]
    fn a_prefix_contains_the_keys_that_begin_with_it() {
        let prefix = KEY.prefix(11);
        assert!(prefix.contains(&KEY));
        assert!(!prefix.contains(&prefix.truncated(10).first_key()));
        assert!(prefix.truncated(10).covers(&prefix));
        assert!(!prefix.covers(&prefix.truncated(10)));
        assert!(Prefix::EMPTY.contains(&KEY));
    }

    #[test]
    fn children_are_one_bit_longer() {
        let prefix = KEY.prefix(11);
        assert_eq!(prefix.child(true), Some(KEY.prefix(12)));
        assert_eq!(prefix.child(false).unwrap().bytes(), [0xff, 0xe0]);
        assert_eq!(KEY.prefix(512).child(false), None);
    }

    #[test]
    fn a_prefix_has_one_encoding() {
        let prefix = KEY.prefix(11);
        assert_eq!(Prefix::from_bytes(prefix.bytes(), 11), Some(prefix));
        assert_eq!(Prefix::from_bytes(&[0xff, 0xf0], 11), None);
        assert_eq!(Prefix::from_bytes(&[0xff, 0xe0, 0], 11), None);
        assert_eq!(Prefix::from_bytes(&[0xff], 11), None);
        assert_eq!(Prefix::from_bytes(&[0; 65], 520), None);
    }
}
