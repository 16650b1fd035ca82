//! What was opened.

use std::{fmt, ops::Deref};

use zeroize::{Zeroize, ZeroizeOnDrop, optimization_barrier};

/// An opened text. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Plaintext(Vec<u8>);

impl Plaintext {
    /// Room for a text that is about to be opened.
    pub(crate) fn room(len: usize) -> Self {
        Self(vec![0; len])
    }

    pub(crate) fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Deref for Plaintext {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Plaintext {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Zeroize for Plaintext {
    /// All at once: byte by byte, as the library does it, wiping megabytes takes longer than
    /// opening them.
    fn zeroize(&mut self) {
        self.0.fill(0);
        optimization_barrier(self.0.as_slice());
    }
}

impl ZeroizeOnDrop for Plaintext {}

impl Drop for Plaintext {
    fn drop(&mut self) {
        self.zeroize();
    }
}

impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plaintext({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_wiped_and_not_printed() {
        let mut text = Plaintext(b"secret".to_vec());
        assert_eq!(format!("{text:?}"), "Plaintext(6 bytes)");
        text.zeroize();
        assert_eq!(text.as_bytes(), [0; 6]);
    }
}
