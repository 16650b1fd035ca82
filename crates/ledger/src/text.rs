//! Text whose length is bounded by its type.

use std::ops::Deref;

/// Text of at most `MAX` bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// The text, unless it is too long; then its length in bytes.
    pub(crate) fn new(text: String) -> Result<Self, usize> {
        if text.len() > MAX {
            Err(text.len())
        } else {
            Ok(Self(text))
        }
    }

    /// The text itself.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> Deref for Text<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

// Arguments are people's data: only their length is fit for a log.
impl<const MAX: usize> std::fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_in_bytes_and_inclusive() {
        assert!(Text::<3>::new("abc".into()).is_ok());
        assert_eq!(Text::<3>::new("éé".into()).err(), Some(4));
    }
}
